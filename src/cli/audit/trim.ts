import { writeFile } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import { isOneOf, nameOf } from '../../access/explain-caller.ts';
import { type Unused, unusedIn } from '../../access/unused.ts';
import { DAY_MS } from '../../audit/files/log-files.ts';
import { createSandbox, type Sandbox } from '../../audit/query/sandbox.ts';
import type { CallGroup } from '../../audit/replay/replay.ts';
import type { Policy, Subject } from '../../config/configuration.ts';
import { type Command, type CommandInput, type Io, UsageError } from '../command.ts';
import { patchOf } from '../format/patch.ts';
import { recordedCaller } from '../plan/replay-caller.ts';
import { formatOf } from '../world.ts';
import { policyTable } from './policy.ts';
import { QUESTION_HELP, QUESTION_OPTIONS, readLimits, readQuestion } from './question.ts';
import { grantedAt, pairOf } from './trim-age.ts';
import { readTrimmedPolicy, type TrimmedPolicy } from './trim-policy.ts';
import { prove } from './trim-proof.ts';
import { human, json, type TrimReport } from './trim-report.ts';
import { readUsage, type Usage } from './trim-usage.ts';

/** `gatehouse audit trim` */
export const auditTrim: Command = {
  words: ['audit', 'trim'],
  summary: 'Write the patch that takes away what nobody used',
  help: `Usage: gatehouse audit trim [--days N] [--narrow] [OPTIONS] > trim.patch

Writes a patch for git apply that takes out of the policy what gave nobody a
tool they used: grants, roles of a grant, rules, single tools of a rule. What
was used is what the report dormant says. On stderr stands what goes, and why.

Before it prints, it makes the edits in memory: the files must still be right,
nobody may gain anything, whoever called a tool must hold it as before, and no
policy test may fail. An edit that breaks this is left out, and said to be.
Guardrails, robots and revoked are not touched. What was not granted for so
long is not judged, by the commit of that day and a grant's starts; nor are
servers without a lock, prompts, resources and other environments.

Options:
  --days N               unused for so many days, back from --until or now;
                         default 60
  --narrow               put the tools that were used in place of globs
  --even-if-younger      also when the log is younger than --days
  --format FORMAT        patch (default) or json
                         (schema/audit-trim-output.schema.json)
  --out FILE             into a new file
${QUESTION_HELP}
  -h, --help             this text

Examples:
  gatehouse audit trim
  gatehouse audit trim --days 90 --narrow > trim.patch && git apply trim.patch
  gatehouse audit trim --dir /mnt/log/gw1 --dir /mnt/log/gw2 --format json

Exit codes: 0 nothing to take away, 1 a patch was printed, 2 could not run,
3 the log is damaged: it may be that something was used, 130 interrupted
`,
  options: {
    ...QUESTION_OPTIONS,
    days: { type: 'string', default: '60' },
    narrow: { type: 'boolean', default: false },
    'even-if-younger': { type: 'boolean', default: false },
    format: { type: 'string' },
    out: { type: 'string' },
  },
  async run(input, io) {
    const sandbox = createSandbox(readLimits(input));
    try {
      return await run(input, io, sandbox);
    } finally {
      await sandbox.close();
    }
  },
};

async function run(input: CommandInput, io: Io, sandbox: Sandbox): Promise<number> {
  const format = formatOf<(report: TrimReport) => string>(input, { patch: ({ patch }) => patch, json });
  if (input.positionals.length > 0) throw new UsageError(`expected no words, found ${input.positionals.join(' ')}`);
  const days = daysOf(input.values['days']);
  const question = await readQuestion(input, io);
  const policy = await readTrimmedPolicy(resolve(io.cwd, String(input.values['config'] ?? 'gateway.config.yaml')), io);
  if (policy === null) return 2;
  const to = question.until ?? new Date();
  const period = { days, from: new Date(to.getTime() - days * DAY_MS), to };
  const { table, basis } = policyTable(policy.side.world.configuration, to);
  const usage = await readUsage({ sandbox, question, entitlements: table, ...period, io });
  if (usage.kind === 'untold') return usage.code;
  if ((usage.observedDays ?? days) < days && input.values['even-if-younger'] !== true) {
    const age = `there are ${usage.observedDays} days of log: what nobody used in ${days} days cannot be told yet`;
    throw new UsageError(`${age}. Ask for fewer --days, or say --even-if-younger`);
  }
  const found = await trim({
    policy,
    usage,
    narrow: input.values['narrow'] === true,
    servers: basis.unlocked,
    ...period,
  });
  const show: TrimReport['show'] = ({ file, line }) => ({ file: relative(io.cwd, resolve(policy.base, file)), line });
  const report: TrimReport = { ...found, show };
  await print(format(report), input.values['out'], io);
  if (format !== json) io.err(human(report, io.columns));
  return usage.isIntact ? Math.min(1, report.edits.length) : 3;
}

function daysOf(text: unknown): number {
  const days = /^[1-9]\d{0,3}$/.test(String(text)) ? Number(text) : null;
  if (days === null) throw new UsageError(`--days is a whole number from 1 to 9999, not "${text}"`);
  return days;
}

/** Where there is nothing to say no file is begun. */
async function print(text: string, out: unknown, io: Io): Promise<void> {
  if (typeof out !== 'string' || text === '') return io.out(text);
  await writeFile(resolve(io.cwd, out), text, { flag: 'wx' }).catch((error: NodeJS.ErrnoException) => {
    const why = error.code === 'EEXIST' ? 'is there already: name a new file' : `cannot be made: ${error.message}`;
    throw new UsageError(`${out} ${why}`, { cause: error });
  });
}

interface Trimming extends Pick<TrimReport, 'days' | 'from' | 'to'> {
  readonly policy: TrimmedPolicy;
  readonly usage: Extract<Usage, { kind: 'told' }>;
  readonly narrow: boolean;
  /** Those without a lock. */
  readonly servers: readonly string[];
}

async function trim(parts: Trimming): Promise<Omit<TrimReport, 'show'>> {
  const { policy, usage, narrow, servers, days, from, to } = parts;
  const { dormant, observedDays, isIntact, calls } = usage;
  const { tree, side, sources, tests, base, repository, patchPath } = policy;
  const { world } = side;
  const granted = repository === null ? null : await grantedAt(from, repository, world);
  const isYoung = (pair: string) => granted?.has(pair) === false;
  const { unused, unjudged } = unusedIn({
    ...{ world, sources, narrow, from: from.getTime(), to: to.getTime() },
    isUsed: (subject, target) => {
      const pair = pairOf(subject, target);
      return !dormant.has(pair) || isYoung(pair);
    },
  });
  const strays = tree.files.filter(({ kind, path }) => kind === 'policy' && patchPath(path).startsWith('../'));
  const isReached = ({ at }: Unused) => strays.every(({ name }) => name !== at.file);
  const proof = { tree, side, calls, tests, base, at: to.getTime() };
  const { edits, kept, files } = await prove(unused.filter(isReached), proof);
  const why = 'its file lies outside of where the patch is applied';
  const unreached = unused.filter((edit) => !isReached(edit)).map((edit) => ({ edit, why }));
  return {
    ...{ days, from, to, observedDays, isIntact, edits, kept: [...kept, ...unreached] },
    unjudged: {
      ...{ grants: unjudged.length, young: [...dormant.keys()].filter(isYoung).length },
      ...{ ageUnknown: granted === null, servers },
    },
    patch: patchOf(files.map(({ path, ...file }) => ({ ...file, path: patchPath(path) }))),
    lastUse: (edit) => lastUseOf(edit, dormant),
    people: createCount(calls, world.configuration.policy),
  };
}

function lastUseOf({ subjects, tools }: Unused, dormant: ReadonlyMap<string, number | null>): number | null {
  const names = subjects.map(nameOf);
  const uses = tools.flatMap((tool) => names.map((name) => dormant.get(pairOf(name, tool)) ?? 0));
  return uses.reduce((latest, use) => Math.max(latest, use), 0) || null;
}

/** Counts whom the policy names, and those of whom the log tells that they belong to whom it means. */
function createCount(calls: readonly CallGroup[], policy: Policy): (edit: Unused) => number {
  const callers = calls.map(recordedCaller);
  const named = (subject: Subject): readonly string[] => {
    if (subject.kind === 'user' || subject.kind === 'robot') return [nameOf(subject)];
    return subject.kind === 'group'
      ? (policy.groups.get(subject.name)?.members ?? []).map((name) => `user:${name}`)
      : [];
  };
  return ({ subjects }) => {
    const seen = callers.filter((who) => subjects.some((subject) => isOneOf(subject, who, policy)));
    return new Set([...subjects.flatMap(named), ...seen.map(({ key }) => key)]).size;
  };
}
