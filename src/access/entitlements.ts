import type { Subject } from '../config/configuration.ts';
import { nameOf } from './explain-caller.ts';
import { createHolders } from './explain-listing.ts';
import type { World } from './explain-world.ts';

/** One known tool that one grant gives, as a row for SQL. */
export interface Entitlement {
  /** `group:staff`, as the policy writes it. */
  readonly subject: string;
  readonly kind: Subject['kind'];
  /** Of the person, group or robot; empty for everyone. */
  readonly name: string;
  /** Of a group: the claims and names that make someone a member. */
  readonly claims: readonly string[];
  readonly members: readonly string[];
  readonly role: string;
  readonly server: string;
  readonly tool: string;
  readonly class: string;
  /** Epoch milliseconds when it begins and ends; null when it holds already, or without end. */
  readonly starts: number | null;
  readonly until: number | null;
  /** Whom of them guardrails leave the tool: `all`, `some` or `nobody`. */
  readonly left: string;
  readonly guardrails: readonly string[];
  readonly why: string;
  readonly ticket: string;
  /** `FILE:LINE` of the grant, and of the rule in its role. */
  readonly grantedIn: string;
  readonly allowedIn: string;
}

/** Everything the policy gives at `at` (epoch milliseconds) or later, tool by tool. What is over is left out. */
export function entitlementsOf(world: World, at: number): readonly Entitlement[] {
  const { groups } = world.configuration.policy;
  const holdersOf = createHolders(world);
  return world.tools.flatMap((target) =>
    holdersOf(target, at).map(({ subject, role, rule, grant, from, until, left, cutBy }) => {
      const name = 'name' in subject ? subject.name : '';
      const group = subject.kind === 'group' ? groups.get(name) : undefined;
      return {
        ...{ subject: nameOf(subject), kind: subject.kind, name },
        ...{ claims: group?.claims ?? [], members: group?.members ?? [] },
        ...{ role, server: target.server, tool: target.tool, class: target.class },
        ...{ starts: from, until, left, guardrails: cutBy, why: grant.why, ticket: grant.ticket },
        ...{ grantedIn: `${grant.at.file}:${grant.at.line}`, allowedIn: `${rule.file}:${rule.line}` },
      };
    }),
  );
}
