import { hostname } from 'node:os';
import type { Age } from '../../audit/files/finished.ts';
import { NoLog } from '../../audit/files/log-files.ts';
import type { AuditEvent } from '../../audit/record/event.ts';
import { type Operator, recordAct } from '../../audit/write/access-record.ts';
import { type Command, type CommandInput, type Io, UsageError } from '../command.ts';
import { userName } from './record.ts';

/** Options of the commands that change how the log is kept. */
export const KEEPING_OPTIONS: Command['options'] = {
  'older-than': { type: 'string', default: '1d' },
  write: { type: 'boolean', default: false },
};

/** Their part of a command's help. */
export const KEEPING_HELP: string = `  --older-than TIME      only days that have been over for so long: 0d, 12h, 1d,
                         4w; default 1d
  --write                do it; without, only say what would be done`;

const UNIT_MS: Readonly<Record<string, number>> = { h: 3_600_000, d: 86_400_000, w: 604_800_000 };

export function readAge({ values }: CommandInput): Age {
  const text = String(values['older-than']);
  const [, count, unit = ''] = /^(\d{1,5})([hdw])$/.exec(text) ?? [];
  if (count === undefined) throw new UsageError(`--older-than is 0d, 12h, 1d or 4w, not "${text}"`);
  return { now: new Date(), olderThanMs: Number(count) * (UNIT_MS[unit] ?? 0) };
}

/** Who runs this command, now. */
export function operator(): Operator {
  return { at: new Date(), user: userName(), host: hostname() };
}

/** Records what was done; when that cannot be written, it is said. */
export async function recordDone(dir: string, event: AuditEvent, io: Io): Promise<void> {
  await recordAct(dir, operator(), event).catch((error: unknown) => {
    io.err(`gatehouse: ${event.ev} is not on record in ${dir}: ${messageOf(error)}\n`);
  });
}

/** What a command read of the log, or did with its keys. */
export interface Use extends Pick<AuditEvent, 'ev'> {
  readonly dirs: readonly string[];
  /** Words of the command. */
  readonly command: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** Records it in each of these logs, as `recordDone` does. */
export async function recordUse({ dirs, ev, command, detail }: Use, io: Io): Promise<void> {
  const event = { ev, outcome: 'ok', detail: { command, host: hostname(), ...detail } } as const;
  for (const dir of dirs) await recordDone(dir, event, io);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Whether an error is about files, or a log that they do not make, and its message for people. */
export function isFileError(error: unknown): error is Error {
  return error instanceof NoLog || (error instanceof Error && 'syscall' in error);
}

const UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB'] as const;

/** As people read sizes: `12.3 MB`. */
export function sizeText(bytes: number): string {
  const power = Math.min(UNITS.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  return `${power === 0 ? bytes : (bytes / 1000 ** power).toFixed(1)} ${UNITS[power]}`;
}

/** `1 file`, `2 files`. */
export function countOf(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
