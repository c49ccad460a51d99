import type { Configuration, Policy, SubjectPattern, Target, ToolClass } from './configuration.ts';
import type { Findings } from './findings.ts';
import type { EntryContext } from './known.ts';
import { list } from './link-servers.ts';
import { linkMoment } from './moment.ts';
import { clip, type Path } from './parse.ts';
import type { Place } from './problem.ts';
import type { Shaped } from './shape.ts';
import { linkPattern, linkSubject } from './subject.ts';
import { suggest } from './suggest.ts';
import { linkTargets } from './target.ts';
import type { OneOrMore } from './written.ts';

/** What one `*.test.yaml` file asks of the policy. */
export interface Suite {
  /** Relative to the folder of the configuration file. */
  readonly file: string;
  readonly tests: readonly PolicyTest[];
  readonly invariants: readonly Invariant[];
}

/** One person or robot, and what they may and may not call. */
export interface PolicyTest {
  readonly name: string;
  readonly as: Caller;
  /** Epoch milliseconds; null is when the test runs. */
  readonly at: number | null;
  readonly allow: readonly Target[];
  readonly deny: readonly Target[];
  /** The arguments of the call, plain JSON; null when the test names none. */
  readonly args: unknown;
  /** The role or guardrail that every one of the decisions must name; null for any. */
  readonly because: string | null;
  readonly place: Place;
}

/** Somebody as a test or a command names them; `claims` are values of the token's groups claim. */
export type Caller =
  | { readonly kind: 'user'; readonly name: string; readonly claims: readonly string[] }
  | { readonly kind: 'robot'; readonly name: string };

/** `never`: none of `who` may call any of the tools. `only`: nobody but `who` may. */
export interface Invariant {
  readonly name: string;
  readonly kind: 'never' | 'only';
  readonly who: readonly SubjectPattern[];
  readonly targets: readonly Target[];
  /** Only tools of this class; null for all. */
  readonly class: ToolClass | null;
  readonly place: Place;
}

export interface TestContext {
  readonly configuration: Pick<Configuration, 'policy' | 'servers'>;
  /** Whether the target could match anything: a test of nothing would pass for ever. */
  readonly matchesTool: (target: Target) => boolean;
  readonly findings: Findings;
  /** Now, epoch milliseconds. */
  readonly now: number;
}

interface WrittenTests {
  readonly tests?: readonly WrittenTest[] | null;
  readonly invariants?: Readonly<Record<string, WrittenInvariant>> | null;
}

interface WrittenTest {
  readonly name: string;
  readonly as: string | { readonly user: string; readonly groups?: readonly string[] };
  readonly at?: string;
  readonly allow?: OneOrMore;
  readonly deny?: OneOrMore;
  readonly call?: string;
  readonly args?: Readonly<Record<string, unknown>>;
  readonly expect?: 'allow' | 'deny';
  readonly because?: string;
}

type WrittenInvariant = { readonly [K in Invariant['kind']]?: WrittenScope };

interface WrittenScope {
  readonly who: OneOrMore;
  readonly class?: ToolClass;
  readonly tools?: OneOrMore;
}

/** Follows every name in a test file that the schema accepted, and says what does not exist. */
export function linkTests(file: Shaped, context: TestContext): Suite {
  const { source } = file;
  const { tests, invariants } = (source.value ?? {}) as WrittenTests;
  const { policy, servers } = context.configuration;
  const known = {
    groups: namesOf(policy.groups),
    roles: namesOf(policy.roles),
    robots: namesOf(policy.robots),
    servers: namesOf(servers),
    issuers: null,
  };
  const linking: Linking = { ...context, policy, source, known };
  const linked = {
    file: source.file,
    tests: listed(tests).flatMap((test, index) =>
      file.isSound('tests', index) ? [linkTest(test, ['tests', index], linking)] : [],
    ),
    invariants: Object.entries(mapped(invariants)).flatMap(([name, invariant]) =>
      file.isSound('invariants', name) ? [linkInvariant(name, invariant, linking)] : [],
    ),
  };
  refuseRepeatedNames(linked.tests, context.findings);
  return linked;
}

function namesOf(entries: ReadonlyMap<string, unknown>): ReadonlySet<string> {
  return new Set(entries.keys());
}

/** A section whose shape is wrong has been reported; here it holds nothing. */
function listed<T>(section: readonly T[] | null | undefined): readonly T[] {
  return Array.isArray(section) ? section : [];
}

function mapped<T>(section: Readonly<Record<string, T>> | null | undefined): Readonly<Record<string, T>> {
  return typeof section === 'object' && section !== null && !Array.isArray(section) ? section : {};
}

interface Linking extends EntryContext, TestContext {
  readonly policy: Policy;
}

function linkTest(test: WrittenTest, path: Path, context: Linking): PolicyTest {
  const { source, findings } = context;
  const { call, expect } = test;
  if (call !== undefined && expect === undefined) {
    findings.error('GH031', source.key([...path, 'call']), 'expected the key expect beside call: allow or deny');
  } else if (call === undefined && expect !== undefined) {
    findings.error('GH031', source.key([...path, 'expect']), 'expected the key call beside expect: a tool');
  } else if (call === undefined && test.args !== undefined) {
    findings.error('GH031', source.key([...path, 'args']), 'expected the key call beside args: the tool they are for');
  } else if (call === undefined && test.allow === undefined && test.deny === undefined) {
    findings.error('GH041', source.at(path), 'expected allow, deny or call, found none');
  }
  const called = call === undefined ? [] : linkTools(call, [...path, 'call'], context);
  const of = (verb: 'allow' | 'deny') => [
    ...linkTools(test[verb] ?? [], [...path, verb], context),
    ...(expect === verb ? called : []),
  ];
  if (test.because !== undefined) checkReason(test.because, [...path, 'because'], context);
  return {
    name: test.name,
    as: linkCaller(test.as, [...path, 'as'], context),
    at: linkMoment(test.at, [...path, 'at'], context),
    allow: of('allow'),
    deny: of('deny'),
    args: test.args ?? null,
    because: test.because ?? null,
    place: source.at(path),
  };
}

function checkReason(name: string, path: Path, { policy: { roles, guardrails }, source, findings }: Linking): void {
  if (roles.has(name) || guardrails.has(name)) return;
  const hint = suggest(name, [...roles.keys(), ...guardrails.keys()]);
  findings.error('GH091', source.at(path), {
    message: `expected a role or guardrail that exists, found ${clip(name)}`,
    hint,
  });
}

function linkCaller(as: WrittenTest['as'], path: Path, context: Linking): Caller {
  const { policy, source, findings } = context;
  if (typeof as === 'string') {
    const [kind, name] = [as.slice(0, as.indexOf(':')), as.slice(as.indexOf(':') + 1)];
    if (kind === 'user') return { kind, name, claims: [] };
    linkSubject(as, source.at(path), context);
    return { kind: 'robot', name };
  }
  const claims = (as.groups ?? []).flatMap((word, index) => {
    const claim = claimFor(word, policy);
    if (claim.kind === 'found') return [claim.value];
    findings.error(claim.code, source.at([...path, 'groups', index]), claim);
    return [];
  });
  return { kind: 'user', name: as.user, claims };
}

/** The claim value that puts somebody into a group, or why there is none. */
export type ClaimFor =
  | { readonly kind: 'found'; readonly value: string }
  | { readonly kind: 'none'; readonly code: string; readonly message: string; readonly hint: string };

/** A group's name stands for its first claim; any other word must be a claim value that some group heeds. */
export function claimFor(word: string, { groups }: Policy): ClaimFor {
  const group = groups.get(word);
  const claims = new Set([...groups.values()].flatMap((each) => each.claims));
  const [first] = group?.claims ?? [];
  if (claims.has(word) && (group === undefined || group.claims.includes(word))) return { kind: 'found', value: word };
  if (first !== undefined) return { kind: 'found', value: first };
  if (group === undefined) {
    const hint = suggest(word, [...groups.keys(), ...claims]);
    return { kind: 'none', code: 'GH051', message: `expected a group that exists, found ${clip(word)}`, hint };
  }
  const message = `expected a group that a token can name, found ${clip(word)}, whose members are listed`;
  return { kind: 'none', code: 'GH092', message, hint: `ask as one of them: user:${group.members[0]}` };
}

function linkInvariant(name: string, written: WrittenInvariant, context: Linking): Invariant {
  // The schema accepts exactly one of the two.
  const kind = written.never === undefined ? 'only' : 'never';
  const path: Path = ['invariants', name, kind];
  const scope = written[kind] as WrittenScope;
  const { source } = context;
  return {
    name,
    kind,
    who: list(scope.who).map((text, index) => {
      const at = source.at(typeof scope.who === 'string' ? [...path, 'who'] : [...path, 'who', index]);
      return linkPattern(text, at, context);
    }),
    targets: linkTools(scope.tools ?? [], [...path, 'tools'], context),
    class: scope.class ?? null,
    place: source.key(['invariants', name]),
  };
}

function linkTools(globs: OneOrMore, path: Path, context: Linking): readonly Target[] {
  const targets = linkTargets(globs, path, context);
  for (const target of targets) {
    const { server, tool, at } = target;
    if ((server !== '*' && context.known.servers?.has(server) === false) || context.matchesTool(target)) continue;
    const message = `expected something that is a tool, found ${clip(`${server}/${tool}`)}, which matches none in the lock`;
    context.findings.error('GH090', at, { message, hint: 'gatehouse lock keeps the list of tools' });
  }
  return targets;
}

/** Reports and JUnit's readers know a test by its name. */
function refuseRepeatedNames(tests: readonly PolicyTest[], findings: Findings): void {
  const seen = new Map<string, Place>();
  for (const { name, place } of tests) {
    const first = seen.get(name);
    if (first !== undefined) {
      findings.error('GH093', place, `found a second test of this name; the first is in line ${first.line}`);
    }
    seen.set(name, first ?? place);
  }
}
