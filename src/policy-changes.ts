import type { Policy } from './config/configuration.ts';

/** How many parts of a policy another one has more and fewer; a changed part is one of each. */
export interface PolicyChanges {
  readonly added: Readonly<Record<Part, number>>;
  readonly removed: Readonly<Record<Part, number>>;
}

type Part = 'grants' | 'rules' | 'guardrails' | 'robots' | 'revoked';

/** Compares by what the parts say, not by where they stand. */
export function policyChanges(before: Policy, after: Policy): PolicyChanges {
  const [old, now] = [partsOf(before), partsOf(after)];
  return { added: surplus(now, old), removed: surplus(old, now) };
}

type Parts = Readonly<Record<Part, readonly unknown[]>>;

function partsOf({ grants, roles, guardrails, robots, revoked }: Policy): Parts {
  const rules = [...roles.values()].flatMap((role) => role.rules.map((rule) => ({ role: role.name, ...rule })));
  return { grants, rules, guardrails: [...guardrails.values()], robots: [...robots.values()], revoked };
}

function surplus(of: Parts, over: Parts): Record<Part, number> {
  const counts = (Object.keys(of) as Part[]).map((part) => [part, surplusOf(of[part], over[part])] as const);
  // The keys are those of a record of all parts.
  return Object.fromEntries(counts) as Record<Part, number>;
}

function surplusOf(of: readonly unknown[], over: readonly unknown[]): number {
  const left = new Map<string, number>();
  for (const text of over.map(textOf)) left.set(text, (left.get(text) ?? 0) + 1);
  return of.map(textOf).filter((text) => {
    const count = left.get(text) ?? 0;
    left.set(text, count - 1);
    return count <= 0;
  }).length;
}

function textOf(part: unknown): string {
  return JSON.stringify(part, (key, value: unknown) => (key === 'at' ? undefined : value));
}
