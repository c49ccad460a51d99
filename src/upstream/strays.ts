import type { Logger } from 'pino';

/**
 * Counts what an upstream says to nobody. The first, second, fourth, eighth… is logged with the count, so that a
 * broken server cannot fill the log.
 */
export function createStrays(log: Logger): (what: string) => void {
  let strays = 0;
  return (what) => {
    strays += 1;
    if (Number.isInteger(Math.log2(strays))) log.warn({ strays }, what);
  };
}
