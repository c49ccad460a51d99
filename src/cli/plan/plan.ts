import { dirname, relative, resolve } from 'node:path';
import { differenceOf, type PlanVerdict, verdicts } from '../../access/difference.ts';
import { printable } from '../../audit/answer/printable.ts';
import { lossMax } from '../../config/lost-access.ts';
import { type Command, type CommandInput, type Io, UsageError } from '../command.ts';
import { outcomeFormats } from '../format/outcome-formats.ts';
import { formatOf, momentOf, worldOptions } from '../world.ts';
import { human } from './human.ts';
import { json } from './json.ts';
import { markdown } from './markdown.ts';
import { planOutcome } from './outcome.ts';
import { tellWrong } from './problems.ts';
import { readReplay, replayOptions, replaySource } from './replay-read.ts';
import { exceededBy, type PlanReport, type RemovalLimit } from './report.ts';
import { countPeople, readRoster } from './roster.ts';
import { type ReadSide, readSides } from './sides.ts';

const help = `Usage: gatehouse plan BASE..HEAD [--roster FILE] [--deny VERDICT]
                      [--max-removed LIMIT] [--replay DIR [--since WHEN]
                      [--until WHEN] [--deny-used]] [--at DATE] [--config FILE]
                      [--format FORMAT]

Says who gains or loses which tool between two commits: BASE..HEAD, from where
HEAD has left BASE with BASE...HEAD, or from BASE to the files as they are.
Reads git's objects: needs no checkout, no network and no secret, and runs
nothing of the repository.

The verdict is the worst of none, narrows, widens, widens-destructive and
relaxes-guardrail.

Options:
  --roster FILE    count people: CSV with the columns user and groups, or JSON
                   Lines; groups are the values that tokens carry
  --deny VERDICT   end with 3 when the verdict is this one or worse
  --max-removed N  end with 3 when more of all access than N goes away: a part
                   such as 30% (default), or a count of subject-tool pairs
  --replay DIR     also decide the calls of this audit log again: what is in use
                   and would vanish, and what was denied and would be allowed;
                   may be given several times
  --since WHEN     replay only calls from then on, and with --until before then:
  --until WHEN     2026-11-22, 2026-11-22T14:30Z, or as long ago as 24h or 90d
  --deny-used      end with 3 when something in use would vanish
  --at DATE        compare as from then, 2027-01-31 or 2027-01-31T18:00Z, UTC
  --config FILE    the configuration (default: gateway.config.yaml)
  --format FORMAT  human (default), json (schema/plan-output.schema.json),
                   github, sarif, junit, or markdown for a comment

Examples:
  gatehouse plan main...HEAD
  gatehouse plan HEAD --roster people.csv
  gatehouse plan main...HEAD --replay var/audit --since 90d
  gatehouse plan origin/main..HEAD --deny relaxes-guardrail --format markdown

Exit codes: 0 nothing changes, 1 could not run, 2 something changes, 3 over a
limit
`;

const formats = { human, json, ...outcomeFormats(planOutcome), markdown };

const couldNotRun = 1;

/** `gatehouse plan` */
export const plan: Command = {
  words: ['plan'],
  summary: 'Say who gains or loses which tool by a change',
  help,
  options: {
    ...worldOptions,
    roster: { type: 'string' },
    deny: { type: 'string' },
    'max-removed': { type: 'string' },
    ...replayOptions,
  },
  couldNotRun,
  run,
};

async function run(input: CommandInput, io: Io): Promise<number> {
  const { values, positionals } = input;
  const [range, ...rest] = positionals;
  if (range === undefined || rest.length > 0) throw new UsageError('expected one BASE..HEAD, such as main...HEAD');
  const format = formatOf<(report: PlanReport) => string>(input, formats);
  const at = momentOf(values['at']);
  const limits = {
    deny: denied(values['deny']),
    removed: removalLimit(values['max-removed']),
    denyUsed: values['deny-used'] === true,
  };
  const people = values['roster'] === undefined ? null : rosterOf(String(values['roster']), io);
  const source = replaySource(input, io);
  const config = resolve(io.cwd, String(values['config'] ?? 'gateway.config.yaml'));
  const sides = await readSides({ range, config, at, io });
  if (sides.kind === 'wrong') {
    tellWrong(sides, { config, io, format: String(values['format'] ?? 'human') });
    return couldNotRun;
  }
  const difference = differenceOf(sides.base.side, sides.head.side, at);
  const worlds = { base: sides.base.side.world, head: sides.head.side.world, at };
  const replay = source && (await readReplay(source, worlds));
  const exceeded = exceededBy(difference, limits, replay);
  const report: PlanReport = {
    difference,
    base: named(sides.base),
    head: named(sides.head),
    at,
    people: people && countPeople(people, difference.changes),
    exceeded,
    deny: limits.deny,
    replay,
    show: ({ file, line, side }) => ({ file: relative(io.cwd, resolve(dirname(config), file)), line, side }),
    file: relative(io.cwd, config),
    columns: io.columns,
    color: io.color,
  };
  io.out(format(report));
  if (exceeded.length > 0) return 3;
  return difference.verdict === 'none' ? 0 : 2;
}

function named({ revision }: ReadSide): ReadSide['revision'] {
  return { ...revision, name: printable(revision.name) };
}

function rosterOf(file: string, io: Io) {
  return readRoster(resolve(io.cwd, file), printable(file));
}

function denied(word: unknown): PlanVerdict | null {
  if (word === undefined) return null;
  const found = verdicts.find((verdict) => verdict === word);
  if (found !== undefined && found !== 'none') return found;
  throw new UsageError(`--deny is one of ${verdicts.slice(1).join(', ')}`);
}

function removalLimit(word: unknown): RemovalLimit {
  if (word === undefined) return { kind: 'part', max: lossMax };
  const [, number = '', percent] = /^(\d{1,9}(?:\.\d+)?)(%)?$/.exec(String(word)) ?? [];
  if (percent === '%' && Number(number) <= 100) return { kind: 'part', max: Number(number) / 100 };
  if (percent === undefined && /^\d+$/.test(number)) return { kind: 'count', max: Number(number) };
  throw new UsageError('--max-removed is a part such as 30% or a count such as 50');
}
