import type { Role } from './configuration.ts';
import type { Findings } from './findings.ts';
import type { Place } from './problem.ts';

/** Roles that one role may have through others. It also bounds the work of a file made to cause much. */
const includedMax = 100;

export interface IncludingRole {
  readonly role: Role;
  /** The place of the nth name in its `includes`. */
  readonly includesAt: (index: number) => Place;
}

/** Refuses roles that include each other in a circle, each circle once, and roles that include too many. */
export function checkIncludes(linked: readonly IncludingRole[], findings: Findings): void {
  const roles = new Map(linked.map(({ role }) => [role.name, role]));
  const inCircles = new Set<string>();
  for (const { role, includesAt } of linked) {
    if (inCircles.has(role.name) || findings.full) continue;
    const found = follow(role.name, roles);
    if (found.kind === 'many') {
      findings.error('GH087', role.at, {
        message: `expected a role that includes at most ${includedMax} others, found more`,
        hint: 'grant several roles instead',
      });
    }
    if (found.kind !== 'circle') continue;
    for (const name of found.names) inCircles.add(name);
    findings.error('GH086', includesAt(role.includes.indexOf(found.names[0] ?? '')), {
      message: `expected includes without a circle, found ${[role.name, ...found.names].join(' → ')}`,
      hint: 'take one of them out, or put what they have in common into a role of its own',
    });
  }
}

type Followed =
  | { readonly kind: 'fine' | 'many' }
  /** The way from the role back to itself, which is its last name. */
  | { readonly kind: 'circle'; readonly names: readonly string[] };

/** Goes through all that a role includes, the nearest first, so that the circle shown is the shortest. */
function follow(start: string, roles: ReadonlyMap<string, Role>): Followed {
  const includedBy = new Map<string, string>();
  const queue = [start];
  for (const name of queue) {
    for (const included of roles.get(name)?.includes ?? []) {
      if (included === start) return { kind: 'circle', names: [...wayTo(name, includedBy), start] };
      if (includedBy.has(included)) continue;
      if (includedBy.size === includedMax) return { kind: 'many' };
      includedBy.set(included, name);
      queue.push(included);
    }
  }
  return { kind: 'fine' };
}

/** The names from the one that starts, itself left out, to this one. */
function wayTo(name: string, includedBy: ReadonlyMap<string, string>): readonly string[] {
  const way: string[] = [];
  for (let at = name, by = includedBy.get(at); by !== undefined; at = by, by = includedBy.get(at)) way.unshift(at);
  return way;
}
