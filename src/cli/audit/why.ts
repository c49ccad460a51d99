import { dirname, relative, resolve } from 'node:path';
import { printable } from '../../audit/answer/printable.ts';
import { findRecord, type RawRecord, type RecordName } from '../../audit/integrity/find-record.ts';
import { recordedCall, textIn } from '../../audit/replay/recorded-call.ts';
import { suggest } from '../../config/suggest.ts';
import { type Command, type CommandInput, type Io, UsageError } from '../command.ts';
import { policyThen } from '../policy-then.ts';
import { formatOf } from '../world.ts';
import { auditDirs } from './dir.ts';
import { recordUse } from './keeping.ts';
import { redecide } from './why-decide.ts';
import { human, json, type WhyReport } from './why-report.ts';
import { unknownTool } from './why-unknown.ts';

const advice = 'name it with --commit, and the repository that has it with --repo';

/** `gatehouse audit why` */
export const auditWhy: Command = {
  words: ['audit', 'why'],
  summary: 'Decide a recorded call again, and say why',
  help: `Usage: gatehouse audit why WRITER:SEQ [--repo DIR] [--commit REV] [OPTIONS]

Takes one record of the audit log, reads the policy of the commit it names from
the repository of the configuration, and decides again: for the same caller,
tool, class, arguments and time. What comes out must be what is recorded; then
it says why, with the files and lines of that commit.

Reads git's objects and the log: needs no checkout, no network and no secret.
It decides nothing when the hash of the files in force, which is recorded, is
not that of the commit. Run gatehouse audit verify to know that the record is
what was written.

WRITER:SEQ names a record: its fields writer and seq, as audit query has them.

Options:
  --repo DIR             folder that holds the configuration in its repository;
                         default here
  --commit REV           the commit to read instead of the one recorded
  --dir DIR              folder of an audit log; may be given several times
  --var DIR              state folder of the gateway: its log is in DIR/audit
  --config FILE          the configuration, which also says where the log is;
                         default gateway.config.yaml
  --format FORMAT        human (default) or json
                         (schema/audit-why-output.schema.json)
  -h, --help             this text

Examples:
  gatehouse audit why acme-1a2b3c4d:17
  gatehouse audit why acme-1a2b3c4d:17 --repo ~/policies --dir /mnt/log/gw1
  gatehouse audit query --format csv "SELECT writer || ':' || seq FROM denied"

Exit codes: 0 the record agrees, 1 it does not, 2 could not be decided again
`,
  options: {
    dir: { type: 'string', multiple: true },
    ...Object.fromEntries(['repo', 'commit', 'var', 'config', 'format'].map((name) => [name, { type: 'string' }])),
  },
  run,
};

const exitCodes = { agrees: 0, disagrees: 1, undecided: 2 } as const;

async function run(input: CommandInput, io: Io): Promise<number> {
  const format = formatOf<(report: WhyReport) => string>(input, { human, json });
  const name = nameOf(input.positionals);
  const { repo = '.', commit, config: file } = input.values;
  const config = resolve(io.cwd, String(repo), String(file ?? 'gateway.config.yaml'));
  const isNamed = file !== undefined || input.values['repo'] !== undefined;
  const values = isNamed ? { ...input.values, config } : input.values;
  const dirs = await auditDirs({ ...input, values }, io.cwd);
  const record = await recordOf(dirs, name);
  const detail = { record: `${name.writer}:${name.seq}` };
  await recordUse({ dirs, ev: 'audit.read', command: 'audit why', detail }, io);
  const call = recordedCall(record);
  const isUnknownTool = call === null && textIn(record, 'why') === 'unknown_tool';
  if (call === null && !isUnknownTool) throw new UsageError(otherText(record, name));
  const instead = commit === undefined ? null : String(commit);
  const then = await policyThen({
    config,
    git: textIn(record, 'git'),
    cfg: textIn(record, 'cfg'),
    instead,
    advice,
    io,
  });
  const base = dirname(config);
  const report: WhyReport = {
    name,
    record,
    ...then,
    again: call === null ? unknownTool(then.world, textIn(record, 'tool_as')) : redecide(then.world, call),
    call,
    show: ({ file: path, line }) => ({ file: relative(io.cwd, resolve(base, path)), line }),
    base,
    columns: io.columns,
  };
  io.out(format(report));
  return exitCodes[report.again.kind];
}

function nameOf([text, ...rest]: readonly string[]): RecordName {
  const [, writer, seq] = /^(.+):([1-9]\d{0,14})$/.exec(text?.trim() ?? '') ?? [];
  if (writer !== undefined && rest.length === 0) return { writer, seq: Number(seq) };
  throw new UsageError(
    `expected one WRITER:SEQ such as acme-1a2b3c4d:17${text === undefined ? '' : `, found ${text}`}`,
  );
}

async function recordOf(dirs: readonly string[], { writer, seq }: RecordName): Promise<RawRecord> {
  const found = await findRecord(dirs, { writer, seq });
  switch (found.kind) {
    case 'found':
      return found.record;
    case 'damaged':
      throw new UsageError(`${found.file}:${found.line} is no record: run gatehouse audit verify`);
    case 'no-record':
      throw new UsageError(`${writer} has no record ${seq}`);
    case 'no-writer': {
      const place = dirs.join(', ');
      if (found.writers.length === 0) throw new UsageError(`there is no audit log in ${place}`);
      const hint = suggest(writer, found.writers);
      throw new UsageError(`no file in ${place} is of the writer ${writer}${hint === '' ? '' : `: ${hint}`}`);
    }
    default:
      return found satisfies never;
  }
}

/** What the other events are about, as far as somebody could take them for a decision. */
const otherEvents: Readonly<Record<string, string>> = {
  'tool.list': 'a list of tools; gatehouse what tells what somebody may call',
  'auth.ok': 'a credential that was proven; nothing was decided yet',
  'auth.fail': 'a credential that was refused before anything was decided',
  'config.reload': 'a configuration that was put in force; gatehouse plan compares two',
  'config.reject': 'files that were not put in force; gatehouse check tells why',
};

function otherText(record: RawRecord, { writer, seq }: RecordName): string {
  const ev = textIn(record, 'ev');
  const about = otherEvents[ev];
  const why = textIn(record, 'why');
  const what = `${printable(ev) || 'no event'}${why === '' ? '' : ` (${printable(why)})`}`;
  return `${writer}:${seq} is ${what}${about === undefined ? '' : `: ${about}`}. There is no decision in it`;
}
