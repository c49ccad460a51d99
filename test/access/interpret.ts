import type { Question } from '../../src/access/decide.ts';
import type { ContentTarget, Decision, ToolTarget } from '../../src/access/decision.ts';
import type {
  Condition,
  Grant,
  Group,
  Guardrail,
  Policy,
  Role,
  Rule,
  SubjectPattern,
  Target,
} from '../../src/config/configuration.ts';
import type { Place } from '../../src/config/problem.ts';
import type { Identity } from '../../src/identity/identity.ts';
import { said } from './random-condition.ts';

/** The policy language read out word by word: no index, no memory, no order but the one at the end. */
export function interpret(policy: Policy, question: Question): Decision {
  const { who, target, at } = question;
  const taking = [...policy.guardrails.values()].filter((one) => takes(policy, one, { who, target })).sort(byPlace);
  const allowing = rulesOf(policy, who).filter(
    ({ verb, about }) => allows(verb, target) && about.some((one) => names(one, target.server, target.tool)),
  );
  const listed = verdict(
    taking.filter(({ condition }) => condition === null),
    allowing,
    at,
  );
  if (question.args === undefined || listed.effect === 'deny') return listed;
  const hit = taking.find(({ condition }) => condition !== null && said(condition, question) !== 'unmet');
  if (hit !== undefined) return unmet('guardrail', hit.name, hit.at);
  const active = allowing.filter(holdsAt(at)).sort(laterThenPlace);
  const met = active.find(({ condition }) => condition === null || said(condition, question) === 'met');
  if (met !== undefined) return allowed(met);
  const [nearest] = active;
  return nearest === undefined ? listed : unmet('role', nearest.role, nearest.rule);
}

/** The same for prompts and resources, which have neither classes nor arguments. */
export function interpretContent(
  policy: Policy,
  { who, target: { kind, server, name }, at }: { who: Identity; target: ContentTarget; at: number },
): Decision {
  const section = `${kind}s` as const;
  const taking = [...policy.guardrails.values()].filter(
    (one) => isFor(policy, one, who) && one[section].some((target) => names(target, server, name)),
  );
  const allowing = rulesOf(policy, who, section).filter(({ about }) => about.some((one) => names(one, server, name)));
  return verdict(taking.sort(byPlace), allowing, at);
}

interface Given {
  readonly given: Grant;
  readonly role: string;
  readonly rule: Place;
  readonly verb: Rule['verb'];
  readonly about: readonly Target[];
  readonly condition: Condition | null;
}

/** Every rule of every role of every grant to them, as written. */
function rulesOf(
  policy: Policy,
  who: Identity,
  section: 'tools' | 'prompts' | 'resources' = 'tools',
): readonly Given[] {
  const mine = policy.grants.filter(
    ({ to, environments }) => matches(policy, to, who) && (environments.length === 0 || environments.includes('prod')),
  );
  return mine.flatMap((given) =>
    given.roles
      .flatMap((name) => includedIn(policy, name))
      .flatMap(({ name, rules, ...contents }): readonly Given[] =>
        section === 'tools'
          ? rules.map(({ verb, targets, condition, at }) => {
              return { given, role: name, rule: at, verb, about: targets, condition };
            })
          : contents[section].map((one) => {
              return { given, role: name, rule: one.at, verb: 'read', about: [one], condition: null };
            }),
      ),
  );
}

/** The answer for some call: one that every call is allowed by is named before one with a condition. */
function verdict(taking: readonly Guardrail[], allowing: readonly Given[], at: number): Decision {
  const [taken] = taking;
  if (taken !== undefined) return { effect: 'deny', why: 'guardrail', by: { name: taken.name, at: taken.at } };
  const active = allowing.filter(holdsAt(at)).sort(laterThenPlace);
  const first = active.find(({ condition }) => condition === null) ?? active[0];
  if (first !== undefined) return allowed(first);
  if (allowing.some(({ given: { expires } }) => expires !== null && expires <= at))
    return { effect: 'deny', why: 'expired' };
  return { effect: 'deny', why: allowing.length > 0 ? 'not_started' : 'no_grant' };
}

function holdsAt(at: number): (one: Given) => boolean {
  return ({ given: { starts, expires } }) => (starts === null || starts <= at) && (expires === null || expires > at);
}

function allowed({ given, role, rule }: Given): Decision {
  return { effect: 'allow', role, rule, grant: given.at, ticket: given.ticket, until: given.expires };
}

/** In whose words it is told is not the policy's. */
function unmet(by: 'role' | 'guardrail', name: string, at: Place): Decision {
  return { effect: 'deny', why: 'condition', unmet: { by, name, at, detail: '' } };
}

function includedIn(policy: Policy, name: string): readonly Role[] {
  const found = policy.roles.get(name) as Role;
  return [found, ...found.includes.flatMap((included) => includedIn(policy, included))];
}

function takes(policy: Policy, guardrail: Guardrail, { who, target }: { who: Identity; target: ToolTarget }): boolean {
  const meant = guardrail.class === null || guardrail.class === target.class;
  return (
    isFor(policy, guardrail, who) && meant && guardrail.targets.some((one) => names(one, target.server, target.tool))
  );
}

function isFor(policy: Policy, { to, except }: Guardrail, who: Identity): boolean {
  return to.some((one) => matches(policy, one, who)) && !except.some((one) => matches(policy, one, who));
}

function matches(policy: Policy, to: SubjectPattern, who: Identity): boolean {
  switch (to.kind) {
    case 'everyone':
      return true;
    case 'robots':
      return who.kind === 'robot';
    case 'robot':
      return who.kind === 'robot' && who.subject === to.name;
    case 'users':
      return who.kind === 'person';
    case 'user':
      return who.kind === 'person' && who.user === to.name;
    default:
      return who.kind === 'person' && isMember(policy.groups.get(to.name), who);
  }
}

function isMember(group: Group | undefined, who: Identity): boolean {
  return group !== undefined && (group.members.includes(who.user) || group.claims.some((c) => who.claims.includes(c)));
}

function allows(verb: Rule['verb'], target: ToolTarget): boolean {
  return verb === 'any' || target.class === 'read' || (verb === 'write' && target.class === 'write');
}

function names(target: Target, server: string, name: string): boolean {
  return (target.server === '*' || target.server === server) && globbed(target.tool, name);
}

function globbed(glob: string, text: string): boolean {
  if (glob === '') return text === '';
  const rest = glob.slice(1);
  if (glob[0] === '*') return globbed(rest, text) || (text !== '' && globbed(glob, text.slice(1)));
  return text !== '' && (glob[0] === '?' || glob[0] === text[0]) && globbed(rest, text.slice(1));
}

function laterThenPlace(a: { given: Grant }, b: { given: Grant }): number {
  const ends = (given: Grant) => given.expires ?? Number.MAX_VALUE;
  return ends(b.given) - ends(a.given) || byPlace(a.given, b.given);
}

function byPlace({ at: a }: { at: Place }, { at: b }: { at: Place }): number {
  return a.line * 1000 + a.col - (b.line * 1000 + b.col);
}
