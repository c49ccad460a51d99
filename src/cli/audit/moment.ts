import { DAY_MS } from '../../audit/files/log-files.ts';
import { UsageError } from '../command.ts';

const UNIT_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: DAY_MS, w: 604_800_000 };
const AGO = /^(\d{1,6})([smhdw])$/;
const DAY = /^\d{4}-\d{2}-\d{2}$/;
const MINUTE = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?$/;

/** Options that take a moment. */
type MomentOption = '--since' | '--until' | '--from' | '--to' | '--as-of';

/**
 * A moment as people write it: `2026-11-22`, `2026-11-22T14:30` with or without seconds and zone (UTC unless said), or
 * so long before `now` as `30m`, `24h`, `7d`. Except for `--since` and `--from` a day is meant whole: its end.
 */
export function readMoment(option: MomentOption, text: string, now: Date): Date {
  const [, count, unit = ''] = AGO.exec(text) ?? [];
  if (count !== undefined) return new Date(now.getTime() - Number(count) * (UNIT_MS[unit] ?? 0));
  const day = DAY.test(text);
  const moment = new Date(MINUTE.test(text) ? `${text}Z` : text);
  const isDate = /^\d{4}-\d{2}-\d{2}/.test(text) && !Number.isNaN(moment.getTime());
  // Parsing alone would take the 30th of February for the second of March.
  if (!isDate || (day && moment.toISOString().slice(0, 10) !== text)) {
    throw new UsageError(`${option} is 2026-11-22, 2026-11-22T14:30Z, 30m, 24h or 7d, not "${text}"`);
  }
  return day && option !== '--since' && option !== '--from' ? new Date(moment.getTime() + DAY_MS) : moment;
}
