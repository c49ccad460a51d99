import { dirname, relative, resolve } from 'node:path';
import { entitlementsOf } from '../../access/entitlements.ts';
import { worldOf } from '../../access/explain-world.ts';
import type { Question } from '../../audit/query/query.ts';
import type { Sandbox } from '../../audit/query/sandbox.ts';
import type { PolicyBasis } from '../../audit/report/completeness.ts';
import { type InForce, policyInForce } from '../../audit/report/policy.ts';
import { ENTITLEMENTS } from '../../audit/report/report.ts';
import type { TableRows } from '../../audit/report/table.ts';
import type { Configuration } from '../../config/configuration.ts';
import { load } from '../../config/load.ts';
import { type Io, UsageError } from '../command.ts';
import { policyThen } from '../policy-then.ts';
import { tellProblems } from '../world.ts';

/** What the policy grants, for SQL, and where that was taken from. */
export interface PolicyTable {
  readonly table: TableRows;
  readonly basis: PolicyBasis;
}

/** The configuration that was in force; throws `UsageError` when it cannot be had. */
export type LoadAt = (inForce: InForce) => Promise<Configuration>;

export interface PolicyParts {
  /** Absolute path of the configuration file. */
  readonly config: string;
  /** The moment to ask about; null for the files as they are, at `until`. */
  readonly asOf: Date | null;
  readonly until: Date;
  readonly sandbox: Sandbox;
  readonly question: Omit<Question, 'sql'>;
  readonly loadAt: LoadAt;
}

/** Null when the files are wrong, which has then been told on stderr. */
export async function readPolicy(parts: PolicyParts, io: Io): Promise<PolicyTable | null> {
  const { asOf, until, config } = parts;
  if (asOf !== null) return policyTable(await parts.loadAt(await theOneInForce(parts, asOf)), asOf);
  const { configuration, problems } = await load(config);
  if (configuration !== null) return policyTable(configuration, until);
  tellProblems(problems, dirname(config), io);
  return null;
}

async function theOneInForce({ sandbox, question }: PolicyParts, at: Date): Promise<InForce> {
  const [first, ...others] = await policyInForce(sandbox, question, at);
  if (first === undefined) throw new UsageError(`the log does not say what was in force at ${at.toISOString()}`);
  const apart = others.find(({ cfg }) => cfg !== first.cfg);
  if (apart === undefined) return first;
  const names = `${first.gateway} had ${first.cfg}, ${apart.gateway} had ${apart.cfg}`;
  throw new UsageError(`the gateways had different policies in force then: ${names}. Choose one with --writer`);
}

const advice = 'check it out and name the file there with --config';

/** Takes the files as they are when they are what was in force, else those of the commit that the log names. */
export function createLoadAt(config: string, io: Io): LoadAt {
  return async ({ gateway, cfg, commit, since }) => {
    const { configuration, hash } = await load(config);
    if (configuration !== null && hash === cfg) return configuration;
    if (commit !== null)
      return (await policyThen({ config, git: commit, instead: null, cfg, advice, io })).world.configuration;
    const file = relative(io.cwd, resolve(config));
    throw new UsageError(
      `${gateway} had ${cfg} in force since ${since}, and ${file} is ${hash}; it was not in git: restore those files`,
    );
  };
}

/** What the configuration grants at `at` or later. */
export function policyTable(configuration: Configuration, at: Date): PolicyTable {
  const { servers, locks, git, hash } = configuration;
  const rows = entitlementsOf(worldOf(configuration), at.getTime()).map(
    ({ starts, until, left, grantedIn, allowedIn, guardrails, ...rest }) => ({
      ...rest,
      ...{ starts: momentOf(starts), until: momentOf(until), left_by_guardrails: left },
      ...{ guardrails: guardrails.join(' '), granted_in: grantedIn, allowed_in: allowedIn },
    }),
  );
  return {
    table: { name: ENTITLEMENTS, columns: ENTITLEMENT_COLUMNS, rows },
    basis: {
      ...{ commit: git, cfg: hash, at: at.toISOString() },
      unlocked: [...servers.keys()].filter((name) => !locks.has(name)),
    },
  };
}

function momentOf(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString().slice(0, -1);
}

/** The view `entitlements`; `audit/reports.md` describes it. */
export const ENTITLEMENT_COLUMNS: readonly (readonly [string, string])[] = [
  ...(['subject', 'kind', 'name', 'role', 'server', 'tool', 'class'] as const).map(
    (name) => [name, 'VARCHAR'] as const,
  ),
  ...(['claims', 'members'] as const).map((name) => [name, 'VARCHAR[]'] as const),
  ...(['starts', 'until'] as const).map((name) => [name, 'TIMESTAMP'] as const),
  ...(['left_by_guardrails', 'guardrails', 'why', 'ticket', 'granted_in', 'allowed_in'] as const).map(
    (name) => [name, 'VARCHAR'] as const,
  ),
];
