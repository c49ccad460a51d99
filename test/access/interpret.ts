import type { Decision, ToolTarget } from '../../src/access/decision.ts';
import type { Grant, Group, Guardrail, Policy, Role, Rule, SubjectPattern } from '../../src/config/configuration.ts';
import type { Place } from '../../src/config/problem.ts';
import type { Identity } from '../../src/identity/identity.ts';

/** The policy language read out word by word: no index, no memory, no order but the one at the end. */
export function interpret(
  policy: Policy,
  { who, target, at }: { who: Identity; target: ToolTarget; at: number },
): Decision {
  const [taken] = [...policy.guardrails.values()].filter((one) => takes(policy, one, { who, target })).sort(byPlace);
  if (taken !== undefined) return { effect: 'deny', why: 'guardrail', by: { name: taken.name, at: taken.at } };
  const granted = policy.grants.filter(
    (given) =>
      matches(policy, given.to, who) && (given.environments.length === 0 || given.environments.includes('prod')),
  );
  const allowing = granted.flatMap((given) =>
    given.roles
      .flatMap((name) => includedIn(policy, name))
      .flatMap((found) => {
        const rule = found.rules.find(
          ({ verb, targets }) => allows(verb, target) && targets.some((t) => names(t, target)),
        );
        return rule === undefined ? [] : [{ given, role: found.name, rule: rule.at }];
      }),
  );
  const started = ({ given }: { given: Grant }) => given.starts === null || given.starts <= at;
  const over = ({ given }: { given: Grant }) => given.expires !== null && given.expires <= at;
  const [first] = allowing.filter((found) => started(found) && !over(found)).sort(laterThenPlace);
  if (first !== undefined) {
    const { given, role: name, rule } = first;
    return { effect: 'allow', role: name, rule, grant: given.at, ticket: given.ticket, until: given.expires };
  }
  if (allowing.some(over)) return { effect: 'deny', why: 'expired' };
  return { effect: 'deny', why: allowing.some((found) => !started(found)) ? 'not_started' : 'no_grant' };
}

function includedIn(policy: Policy, name: string): readonly Role[] {
  const found = policy.roles.get(name) as Role;
  return [found, ...found.includes.flatMap((included) => includedIn(policy, included))];
}

function takes(policy: Policy, guardrail: Guardrail, { who, target }: { who: Identity; target: ToolTarget }): boolean {
  const holds = guardrail.to.some((to) => matches(policy, to, who));
  const spared = guardrail.except.some((except) => matches(policy, except, who));
  const meant = guardrail.class === null || guardrail.class === target.class;
  return holds && !spared && meant && guardrail.targets.some((one) => names(one, target));
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

function names(target: { server: string; tool: string }, asked: ToolTarget): boolean {
  return (target.server === '*' || target.server === asked.server) && globbed(target.tool, asked.tool);
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
