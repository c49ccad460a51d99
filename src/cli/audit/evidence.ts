import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { type EvidenceManifest, type EvidenceParts, packEvidence } from '../../audit/evidence/assembly.ts';
import { PackRefused, writePack } from '../../audit/evidence/pack.ts';
import { type Asking, recordsOfPeriod } from '../../audit/evidence/records.ts';
import type { Period } from '../../audit/evidence/slice.ts';
import { createSandbox, QueryFailed, type Sandbox } from '../../audit/query/sandbox.ts';
import type { Ran } from '../../audit/report/completeness.ts';
import { version } from '../../version.ts';
import { type Command, type CommandInput, type Io, UsageError } from '../command.ts';
import { readCommits } from './commits.ts';
import { auditDirs, DIR_HELP, DIR_OPTIONS } from './dir.ts';
import { configIn, createPolicyAt } from './evidence-repo.ts';
import { createPackReports, questionOf, reportsFor } from './evidence-reports.ts';
import { countOf, isFileError, recordUse } from './keeping.ts';
import { readMoment } from './moment.ts';
import { createLoadAt, type PolicyTable, readPolicy } from './policy.ts';
import { createProgress } from './progress.ts';
import { readLimits } from './question.ts';
import { userName } from './record.ts';
import { ownAndBuiltIn, REPORTS_HELP, REPORTS_OPTIONS } from './reports.ts';
import { readTrust, TRUST_OPTIONS } from './trust.ts';

/** `gatehouse audit evidence` */
export const auditEvidence: Command = {
  words: ['audit', 'evidence'],
  summary: 'Pack the evidence of a period into one zip, for auditors',
  help: `Usage: gatehouse audit evidence --from WHEN --to WHEN [OPTIONS]

Makes one zip for whoever has to rely on the log: its files of the period as
they are, signed checkpoints, proofs of single records, reports, the policies
that were in force, the public key, and a script that checks all of it with
Node alone. README.txt in it tells how. Private keys are never part of it.

Options:
  --from WHEN            first day or moment: 2026-10-01, 2026-10-01T08:00Z, 90d
  --to WHEN              last day, whole, or the moment after the last
  --control NAME         only reports that are evidence for it, as CC6.1; may
                         be given several times; default all
  --out FILE             a new file; default evidence-DAY-to-DAY.zip here
  --repo DIR             checkout of the policy: adds the files of each commit
                         that was in force, with the locks of the tools
${REPORTS_HELP}
  --against PATH         hold the log against heads kept elsewhere, as for
                         gatehouse audit verify
  --public-key KEY       the signer's key, as for gatehouse audit verify
  --timeout TIME         of one report: 30s, 10m; default 10m
  --memory SIZE          of one report: 512MB, 4GB; default 1GB
${DIR_HELP}
  -h, --help             this text

Examples:
  gatehouse audit evidence --from 2026-07-01 --to 2026-09-30 --out q3.zip
  gatehouse audit evidence --from 90d --to 0d --control CC6.1 --control CC7.2
  gatehouse audit evidence --from 2026-10-01 --to 2026-10-31 --repo ~/policy

Exit codes: 0 done, 1 done, but the log is not intact, 2 could not run, 3 done,
but finished files hold lines that are no records, 130 interrupted
`,
  options: {
    ...DIR_OPTIONS,
    ...TRUST_OPTIONS,
    ...REPORTS_OPTIONS,
    from: { type: 'string' },
    to: { type: 'string' },
    control: { type: 'string', multiple: true },
    out: { type: 'string' },
    repo: { type: 'string' },
    timeout: { type: 'string', default: '10m' },
    memory: { type: 'string', default: '1GB' },
  },
  async run(input, io) {
    if (input.positionals.length > 0)
      throw new UsageError('expected no words after audit evidence; folders are --dir DIR');
    const sandbox = createSandbox(readLimits(input));
    const interruption = new AbortController();
    const interrupt = (): void => interruption.abort();
    process.once('SIGINT', interrupt);
    try {
      return await runEvidence(input, io, { sandbox, signal: interruption.signal });
    } catch (error) {
      if (interruption.signal.aborted) return 130;
      if (!isExpected(error)) throw error;
      io.err(`gatehouse ${COMMAND}: ${error.message}\n`);
      return 2;
    } finally {
      process.off('SIGINT', interrupt);
      await sandbox.close();
    }
  },
};

const COMMAND = 'audit evidence';

function isExpected(error: unknown): error is Error {
  return error instanceof PackRefused || error instanceof QueryFailed || isFileError(error);
}

interface Running {
  readonly sandbox: Sandbox;
  readonly signal: AbortSignal;
}

async function runEvidence(input: CommandInput, io: Io, running: Running): Promise<number> {
  const period = readPeriod(input);
  const path = resolve(io.cwd, outOf(input, period));
  if (existsSync(path)) throw new PackRefused(`${path} is there already: name a new file`);
  const controls = Array.isArray(input.values['control']) ? input.values['control'].map(String) : [];
  const reports = reportsFor((await ownAndBuiltIn(input, io)).values(), controls);
  const trust = await readTrust(input, io.cwd);
  const dirs = await auditDirs(input, io.cwd);
  const asking: Asking = { ...running, dirs, period };
  const { writers, unreadable } = await recordsOfPeriod(asking);
  if (writers.length === 0) throw new PackRefused(emptyText(dirs, period));
  const ran: Ran = { at: new Date().toISOString(), by: userName(), host: hostname(), program: version };
  const bar = createProgress(process.stderr, Date.now);
  const config = resolve(io.cwd, String(input.values['config'] ?? 'gateway.config.yaml'));
  const { repo } = input.values;
  const checkout = repo === undefined ? null : resolve(io.cwd, String(repo));
  const policy = policyOf(config, io, asking);
  const { sandbox } = running;
  const { environment } = io;
  const ownConfig = checkout === null ? config : configIn(checkout, config);
  const commits = () => readCommits({ config: ownConfig, sandbox, question: questionOf(asking), environment });
  const packReports = createPackReports({
    ...{ ...asking, reports, trust, ran, policy, commits },
    progress: (done) => bar.update((1 + done) / 2),
  });
  const parts: EvidenceParts = {
    ...{ ...asking, trust, controls, ran, packReports, progress: bar.update },
    policyAt: checkout === null ? null : createPolicyAt({ repo: checkout, config, io }),
  };
  try {
    const { signal } = running;
    const packing = { path, at: new Date(ran.at), signal };
    const { manifest, sha256 } = await writePack(packing, (pack) => packEvidence(pack, writers, parts));
    bar.clear();
    io.out(doneText(path, manifest, sha256));
    const detail = { ...manifest.period, controls, manifest_sha256: sha256 };
    await recordUse({ dirs, ev: 'audit.read', command: COMMAND, detail }, io);
    return manifest.verified.ok ? (unreadable ? 3 : 0) : 1;
  } finally {
    bar.clear();
  }
}

function readPeriod({ values: { from, to } }: CommandInput): Period {
  if (typeof from !== 'string' || typeof to !== 'string')
    throw new UsageError('expected --from WHEN and --to WHEN, as --from 2026-07-01 --to 2026-09-30');
  const now = new Date();
  const period = { from: readMoment('--from', from, now), to: readMoment('--to', to, now) };
  if (period.from >= period.to) throw new UsageError(`--to ${to} is not after --from ${from}`);
  return period;
}

function outOf({ values: { out } }: CommandInput, { from, to }: Period): string {
  const lastMoment = new Date(to.getTime() - 1);
  return typeof out === 'string' ? out : `evidence-${dayOf(from)}-to-${dayOf(lastMoment)}.zip`;
}

function dayOf(moment: Date): string {
  return moment.toISOString().slice(0, 10);
}

function emptyText(dirs: readonly string[], { from, to }: Period): string {
  return `there are no records from ${from.toISOString()} up to ${to.toISOString()} in ${dirs.join(', ')}.
To see what there is: gatehouse audit query "SELECT min(ts), max(ts) FROM audit"`;
}

/** What was granted when the period ended, or is granted now when that is still to come. */
function policyOf(config: string, io: Io, { sandbox, dirs, period }: Asking): () => Promise<PolicyTable> {
  const asOf = new Date(Math.min(period.to.getTime() - 1, Date.now()));
  const question = { dirs, since: null, until: null, writers: [], strict: false };
  return async () => {
    const parts = { config, asOf, until: period.to, sandbox, question, loadAt: createLoadAt(config, io) };
    const table = await readPolicy(parts, io);
    if (table === null) throw new UsageError(`the configuration ${config} has problems`);
    return table;
  };
}

function doneText(path: string, manifest: EvidenceManifest, sha256: string): string {
  const { files, records, reports, left_out, verified } = manifest;
  const proofs = files.filter((file) => file.path.startsWith('proofs/')).length;
  const what = [countOf(records, 'record'), countOf(reports.length, 'report'), countOf(proofs, 'proof')].join(', ');
  const lines = [
    `Packed ${path}: ${what}.`,
    `The log is ${verified.ok ? 'intact' : `NOT INTACT: ${countOf(verified.problemCount, 'problem')}`}.`,
    ...left_out.map((text) => `Left out: ${text}.`),
    `SHA-256 of its manifest, to hand over by another way: ${sha256}`,
  ];
  return `${lines.join('\n')}\n`;
}
