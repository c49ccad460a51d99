import type { DenialReason } from '../access/decision.ts';
import type { Explanation, NearMiss } from '../access/explain.ts';
import { nameOf } from '../access/explain-caller.ts';
import { describe } from '../access/explain-people.ts';
import type { KnownTool, World } from '../access/explain-world.ts';
import type { Policy } from '../config/configuration.ts';
import { momentText, type Opened, type Shown } from './world.ts';

/** What is said of an explanation depends on where the files are and what they hold. */
export type Telling = Pick<Opened, 'show'> & { readonly world: World };

const denials: Readonly<Record<DenialReason, string>> = {
  no_grant: 'no grant allows it',
  expired: 'no grant allows it any more: one that did is over',
  not_started: 'no grant allows it yet: one that will has not begun',
  guardrail: 'a guardrail takes it away',
  condition: 'not with these arguments',
};

/** Why a tool is nobody's that has not been reviewed. */
export const hiddenText = 'lock: strict hides it from everyone until gatehouse lock lists it';

/** `policies/access.yaml:12` */
export function placeText({ file, line }: Shown): string {
  return `${file}:${line}`;
}

/** Why it is allowed or denied, in one line. */
export function reasonText(explanation: Explanation, { show, world }: Telling): string {
  const { decision, revoked, hidden, others } = explanation;
  const { grants } = world.configuration.policy;
  if (revoked !== null) return `revoked since ${momentText(revoked.since)}, ${placeText(show(revoked.at))}`;
  if (hidden) return hiddenText;
  if (decision.effect === 'allow') {
    const grant = grants.find(({ at }) => at === decision.grant);
    const to = grant === undefined ? '' : ` to ${nameOf(grant.to)}`;
    const granted = `granted${to} at ${placeText(show(decision.grant))}`;
    return `role ${decision.role}, ${placeText(show(decision.rule))}, ${granted}`;
  }
  if (decision.by !== undefined) return `guardrail ${decision.by.name}, ${placeText(show(decision.by.at))}`;
  if (decision.unmet !== undefined) {
    const { by, name, at, detail } = decision.unmet;
    return `${by} ${name}, ${placeText(show(at))}: ${detail}`;
  }
  const [nearest] = others;
  const near = nearest === undefined ? '' : `; nearest: role ${nearest.role}, ${placeText(show(nearest.rule))}`;
  return `${denials[decision.why]}${near}`;
}

/** What keeps a grant from allowing, or that nothing does. */
export function missingText({ missing, grant, detail }: NearMiss, { question, decision }: Explanation): string {
  switch (missing) {
    case 'group':
      return `they are not in ${nameOf(grant.to)}`;
    case 'class':
      return `the rule's verb does not reach ${question.target.class} tools`;
    case 'dates':
      return grant.starts !== null && grant.starts > question.at
        ? `the grant begins ${momentText(grant.starts)}`
        : `the grant ended ${momentText(grant.expires ?? question.at)}`;
    case 'environment':
      return `the grant is for ${grant.environments.join(', ')} only`;
    case 'guardrail':
      return `the guardrail ${takenBy(decision)} takes it away`;
    case 'condition':
      return detail;
    case 'nothing':
      return 'it allows as well';
    default:
      return missing satisfies never;
  }
}

function takenBy(decision: Explanation['decision']): string {
  return decision.effect === 'allow' ? '' : (decision.by?.name ?? decision.unmet?.name ?? '');
}

/** Who says what the tool may do. */
export function classText({ target, classFrom }: KnownTool, { configuration }: World): string {
  const { server } = target;
  if (classFrom !== 'default') return `${target.class}, by the ${classFrom}`;
  const lock = configuration.locks.has(server) ? 'the lock does not list it' : `${server} has no lock`;
  return `unknown, taken as destructive: ${lock}`;
}

/** `user:ana@acme.co in group:staff` */
export function whoText({ question }: Explanation, policy: Policy): string {
  return describe(question.who, policy);
}
