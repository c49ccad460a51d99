import type { Configuration, Policy } from './configuration.ts';

/** A change that takes away more than this part of access (0 to 1) looks like a slip, or like files half written. */
export const lossMax: number = 0.3;

/** The part (0 to 1) of granted roles, of included ones and of role targets that is gone in `next`. */
export function lostAccess(previous: Configuration, next: Configuration): number {
  const before = unitsOf(previous.policy);
  const after = new Set(unitsOf(next.policy));
  return before.length === 0 ? 0 : before.filter((unit) => !after.has(unit)).length / before.length;
}

/** Whether something that keeps people out is gone in `next`, or is no longer what it was: a guardrail or a revocation. */
export function losesBarrier(previous: Configuration, next: Configuration): boolean {
  const after = new Set(barriersOf(next.policy));
  return barriersOf(previous.policy).some((barrier) => !after.has(barrier));
}

/** Without their places: a line more above them changes nothing. */
function barriersOf({ guardrails, revoked }: Policy): readonly string[] {
  return [...guardrails.values(), ...revoked].map((barrier) =>
    JSON.stringify(barrier, (key, value: unknown) => (key === 'at' ? undefined : value)),
  );
}

function unitsOf({ grants, roles }: Policy): readonly string[] {
  const granted = grants.flatMap(({ to, roles: names, environments }) =>
    names.map((name) => JSON.stringify([to, name, environments])),
  );
  const reached = [...roles.values()].flatMap(({ name, rules }) =>
    rules.flatMap(({ verb, targets }) => targets.map(({ server, tool }) => JSON.stringify([name, verb, server, tool]))),
  );
  const included = [...roles.values()].flatMap(({ name, includes }) =>
    includes.map((other) => JSON.stringify([name, other])),
  );
  return [...granted, ...reached, ...included];
}
