import type { Policy, SubjectPattern } from '../config/configuration.ts';
import type { Identity } from '../identity/identity.ts';

/** By `everyone`, `users`, `robots`, `user:NAME`, `robot:NAME` or `claim:VALUE`. */
export type Positions = ReadonlyMap<string, readonly number[]>;

/** Where in `items` each subject stands. */
export function positionsBy<T>(items: readonly T[], subjects: (item: T) => readonly string[]): Positions {
  const positions = new Map<string, number[]>();
  for (const [position, item] of items.entries()) {
    for (const subject of subjects(item)) {
      const known = positions.get(subject);
      if (known === undefined) positions.set(subject, [position]);
      else known.push(position);
    }
  }
  return positions;
}

/** The positions of the identity's subjects, each once, in order. */
export function positionsOf(positions: Positions, who: Identity): readonly number[] {
  const found = namesOf(who).flatMap((name) => positions.get(name) ?? []);
  return [...new Set(found)].sort((a, b) => a - b);
}

/** `everyone` is every identified caller, robots included. A robot is nobody's user and in no group. */
function namesOf(who: Identity): readonly string[] {
  if (who.kind === 'robot') return ['everyone', 'robots', `robot:${who.subject}`];
  return ['everyone', 'users', `user:${who.user}`, ...who.claims.map((claim) => `claim:${claim}`)];
}

/** The subjects that a pattern means. */
export function subjectsOf(to: SubjectPattern, { groups }: Policy): readonly string[] {
  switch (to.kind) {
    case 'everyone':
    case 'users':
    case 'robots':
      return [to.kind];
    case 'user':
    case 'robot':
      return [`${to.kind}:${to.name}`];
    case 'group': {
      const group = groups.get(to.name);
      if (group === undefined) return [];
      return [...group.claims.map((claim) => `claim:${claim}`), ...group.members.map((user) => `user:${user}`)];
    }
    default:
      return to satisfies never;
  }
}
