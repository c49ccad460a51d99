import type { Configuration, Policy } from './configuration.ts';

/** The part (0 to 1) of granted roles and of role targets that is gone in `next`. */
export function lostAccess(previous: Configuration, next: Configuration): number {
  const before = unitsOf(previous.policy);
  const after = new Set(unitsOf(next.policy));
  return before.length === 0 ? 0 : before.filter((unit) => !after.has(unit)).length / before.length;
}

function unitsOf({ grants, roles }: Policy): readonly string[] {
  const granted = grants.flatMap(({ to, roles: names, environments }) =>
    names.map((name) => JSON.stringify([to, name, environments])),
  );
  const reached = [...roles.values()].flatMap(({ name, rules }) =>
    rules.flatMap(({ verb, targets }) => targets.map(({ server, tool }) => JSON.stringify([name, verb, server, tool]))),
  );
  return [...granted, ...reached];
}
