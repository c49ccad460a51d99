import type { Readable } from 'node:stream';
import type { Logger } from 'pino';
import { createLines } from './lines.ts';

const lineBytesMax = 2048;
const linesPerSecondMax = 20;

/** Writes what a child says on stderr to the log, line by line and not without bounds: it is text of a stranger. */
export function logStderr(stderr: Readable, log: Logger): void {
  let second = 0;
  let written = 0;
  const say = (bytes: Buffer) => {
    const now = Math.floor(performance.now() / 1000);
    if (now !== second) written = 0;
    second = now;
    written += 1;
    if (written <= linesPerSecondMax) log.info({ stderr: printable(bytes) }, 'said on stderr');
    else if (written === linesPerSecondMax + 1) log.warn('says more on stderr than is kept');
  };
  const lines = createLines({ lineBytesMax, ends: 'lf', line: say, overlong: say });
  stderr.on('data', lines.push);
}

/** Control and invisible formatting characters as escapes, so that a log line stays one line and shows what it holds. */
function printable(bytes: Buffer): string {
  return bytes.toString().replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => {
    return `\\u{${character.codePointAt(0)?.toString(16)}}`;
  });
}
