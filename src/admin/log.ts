import { type DestinationStream, destination, type Logger, pino, stdTimeFunctions } from 'pino';

export interface LogSettings {
  readonly level: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  /** `json`: one object a line, for collectors. `text`: one short line, for a person at a terminal. */
  readonly format: 'json' | 'text';
  /** Where lines go; the gateway uses 2. */
  readonly descriptor: number;
}

/** Lines kept for a reader that stalls, in bytes; what comes after is lost. */
const backlogBytesMax = 1_048_576;

/** Member names whose values never reach a line, at the top and in the two levels below it. */
const secretNames = [
  'authorization',
  'proxy-authorization',
  'cookie',
  'set-cookie',
  'x-api-key',
  'apiKey',
  'api_key',
  'token',
  'access_token',
  'refresh_token',
  'client_secret',
  'secret',
  'password',
].flatMap((name) => [name, name.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase())]);

/** The log of the process. Writing is synchronous, so the last words before an exit are kept, and never throws. */
export function createLog(settings: LogSettings): Logger {
  const lines = openLines(settings.descriptor);
  return pino(
    {
      level: settings.level,
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (level) => ({ level }) },
      redact: {
        paths: secretNames.flatMap((name) => ['', '*', '*.*'].map((level) => `${level}["${name}"]`)),
        censor: '[secret]',
      },
    },
    settings.format === 'json' ? lines : { write: (line) => lines.write(textOf(line)) },
  );
}

function openLines(descriptor: number): DestinationStream {
  const lines = destination({
    dest: descriptor,
    sync: true,
    maxLength: backlogBytesMax,
    retryEAGAIN: () => false, // else a stalled reader would put the whole process to sleep
  });
  // A closed pipe or a full disk costs lines, not the gateway.
  lines.on('error', () => undefined);
  return lines;
}

function textOf(line: string): string {
  const { level, time, msg, err, ...rest } = JSON.parse(line) as Record<string, unknown>;
  const members = Object.entries(rest).map(([key, value]) => ` ${key}=${JSON.stringify(value)}`);
  const head = `${String(time).slice(11, 19)} ${String(level).padEnd(5)} ${msg ?? ''}${members.join('')}`;
  const stack = (err as { stack?: string } | undefined)?.stack;
  return `${printable(head)}\n${stack === undefined ? '' : `${printable(stack)}\n`}`;
}

/** Upstream text must not steer the terminal. */
function printable(text: string): string {
  return text.replace(/[^\P{C}\n]/gu, '?');
}
