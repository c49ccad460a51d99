import { printable } from '../../audit/answer/printable.ts';
import { addHold, type Hold, HoldsRefused, readHolds, removeHold } from '../../audit/keeping/hold.ts';
import { type Command, type CommandInput, type Io, UsageError } from '../command.ts';
import { auditDirs, DIR_HELP, DIR_OPTIONS } from './dir.ts';
import { isFileError, operator, recordDone } from './keeping.ts';

/** `gatehouse audit hold` */
export const auditHold: Command = {
  words: ['audit', 'hold'],
  summary: 'Keep days of the log for a case, whatever their age',
  help: `Usage: gatehouse audit hold add CASE [OPTIONS]
       gatehouse audit hold list
       gatehouse audit hold remove CASE

A legal hold: gatehouse audit retention leaves the days it covers until it is
removed. Without options it covers everything. Holds are kept in _holds.json
beside the log, and each change is recorded in it.

Options:
  --actor ACTOR          only days with a record of this actor
  --server SERVER        only days with a record of this server
  --from DAY             from this day on: 2026-11-22
  --to DAY               up to this day, and with it
${DIR_HELP}
  -h, --help             this text

Examples:
  gatehouse audit hold add CASE-17 --actor ana@acme.co --from 2026-10-01
  gatehouse audit hold list
  gatehouse audit hold remove CASE-17

Exit codes: 0 done, 2 could not run
`,
  options: {
    ...DIR_OPTIONS,
    ...{ actor: { type: 'string' }, server: { type: 'string' }, from: { type: 'string' }, to: { type: 'string' } },
  },
  async run(input, io) {
    const [verb, name, ...rest] = input.positionals;
    const act = verb === undefined ? undefined : VERBS[verb];
    if (act === undefined || rest.length > 0) throw new UsageError('expected add CASE, list or remove CASE');
    try {
      for (const dir of await auditDirs(input, io.cwd)) await act({ dir, name, input }, io);
      return 0;
    } catch (error) {
      if (!(error instanceof HoldsRefused || isFileError(error))) throw error;
      io.err(`gatehouse audit hold: ${error.message}\n`);
      return 2;
    }
  },
};

interface Act {
  readonly dir: string;
  readonly name: string | undefined;
  readonly input: CommandInput;
}

const VERBS: Readonly<Record<string, (act: Act, io: Io) => Promise<void>>> = { add, list, remove };

async function add({ dir, name, input }: Act, io: Io): Promise<void> {
  const { actor, server, from, to } = input.values;
  const { at, user } = operator();
  const hold: Hold = {
    case: caseOf(name),
    ...(actor !== undefined && { actor: String(actor) }),
    ...(server !== undefined && { server: String(server) }),
    ...(from !== undefined && { from: dayOf('--from', String(from)) }),
    ...(to !== undefined && { to: dayOf('--to', String(to)) }),
    ...{ added: at.toISOString(), by: user },
  };
  await addHold(dir, hold);
  await recordDone(dir, { ev: 'audit.hold', outcome: 'ok', detail: { action: 'add', ...hold } }, io);
  io.out(`Held in ${dir}: ${sentence(hold)}.\n`);
}

async function remove({ dir, name }: Act, io: Io): Promise<void> {
  const removed = caseOf(name);
  await removeHold(dir, removed);
  await recordDone(dir, { ev: 'audit.hold', outcome: 'ok', detail: { action: 'remove', case: removed } }, io);
  io.out(`No longer held in ${dir}: ${removed}.\n`);
}

async function list({ dir, name }: Act, io: Io): Promise<void> {
  if (name !== undefined) throw new UsageError('expected no words after list');
  const holds = await readHolds(dir);
  if (holds.length === 0) io.out(`Nothing is held in ${dir}.\n`);
  for (const hold of holds) io.out(`${sentence(hold)}; added ${hold.added.slice(0, 10)} by ${printable(hold.by)}\n`);
}

function sentence({ case: name, actor, server, from, to }: Hold): string {
  const parts = [
    ...(actor === undefined ? [] : [`days with records of ${actor}`]),
    ...(server === undefined ? [] : [actor === undefined ? `days with records of ${server}` : `at ${server}`]),
    ...(actor === undefined && server === undefined ? ['all days'] : []),
    ...(from === undefined ? [] : [`from ${from}`]),
    ...(to === undefined ? [] : [`to ${to}`]),
  ];
  return printable(`${name}: ${parts.join(' ')}`);
}

function caseOf(name: string | undefined): string {
  if (name !== undefined && /^[\w.:/#-]{1,64}$/.test(name)) return name;
  throw new UsageError('expected the name of a case: up to 64 letters, digits and . : / # _ -');
}

function dayOf(option: string, text: string): string {
  const time = Date.parse(text);
  const isDay =
    /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
  if (!isDay) throw new UsageError(`${option} is a day as 2026-11-22, not "${text}"`);
  return text;
}
