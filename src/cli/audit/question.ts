import type { Question, Source } from '../../audit/query/query.ts';
import type { SandboxLimits } from '../../audit/query/sandbox.ts';
import { type Command, type CommandInput, type Io, UsageError } from '../command.ts';
import { auditDirs, DIR_HELP, DIR_OPTIONS } from './dir.ts';
import { readMoment } from './moment.ts';

/** Options of every command that puts SQL to the log: which records, and at what cost. */
export const QUESTION_OPTIONS: Command['options'] = {
  ...DIR_OPTIONS,
  since: { type: 'string' },
  until: { type: 'string' },
  writer: { type: 'string', multiple: true },
  strict: { type: 'boolean', default: false },
  from: { type: 'string', default: 'auto' },
  timeout: { type: 'string', default: '60s' },
  memory: { type: 'string', default: '1GB' },
};

/** Their part of a command's help. */
export const QUESTION_HELP: string = `  --since WHEN           only records from then on
  --until WHEN           only records before then; a day is meant whole
                         WHEN is 2026-11-22, 2026-11-22T14:30Z (UTC), or as
                         long ago as 30m, 24h, 7d
  --writer NAME          only this gateway, or this one start of it; may be
                         given several times
  --from auto|jsonl|parquet
                         where finished days are read from; auto is Parquet
                         where gatehouse audit archive made it, else the log
  --strict               refuse, when lines of finished files are no records
  --timeout TIME         of one statement: 30s, 5m; default 60s
  --memory SIZE          of one statement: 512MB, 4GB; default 1GB
${DIR_HELP}`;

/** What the options say; the statement comes later. */
export async function readQuestion(input: CommandInput, io: Io): Promise<Omit<Question, 'sql'>> {
  const { since, until, writer, strict } = input.values;
  const now = new Date();
  return {
    dirs: await auditDirs(input, io.cwd),
    since: since === undefined ? null : readMoment('--since', String(since), now),
    until: until === undefined ? null : readMoment('--until', String(until), now),
    writers: Array.isArray(writer) ? writer.map(String) : [],
    strict: strict === true,
    from: readSource(input),
  };
}

const SOURCES: readonly Source[] = ['auto', 'jsonl', 'parquet'];

function readSource({ values: { from } }: CommandInput): Source {
  const source = SOURCES.find((one) => one === from);
  if (source === undefined) throw new UsageError(`--from is auto, jsonl or parquet, not "${String(from)}"`);
  return source;
}

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 };
const MEGABYTES: Readonly<Record<string, number>> = { MB: 1, GB: 1024 };
const MEMORY_MB_MIN = 64;

/** `--timeout` and `--memory`. */
export function readLimits({ values }: CommandInput): SandboxLimits {
  const [, time, unit = ''] = /^(\d{1,6})(s|m|h)$/.exec(String(values['timeout'])) ?? [];
  if (time === undefined || Number(time) === 0)
    throw new UsageError(`--timeout is 30s, 5m or 1h, not "${String(values['timeout'])}"`);
  const [, size, measure = ''] = /^(\d{1,6})(MB|GB)$/i.exec(String(values['memory'])) ?? [];
  const megabytes = Number(size) * (MEGABYTES[measure.toUpperCase()] ?? 0);
  if (size === undefined || megabytes < MEMORY_MB_MIN)
    throw new UsageError(`--memory is ${MEMORY_MB_MIN}MB or more, as 512MB or 4GB, not "${String(values['memory'])}"`);
  return { timeoutMs: Number(time) * (SECONDS[unit] ?? 0) * 1000, memoryBytes: megabytes * 1024 * 1024 };
}
