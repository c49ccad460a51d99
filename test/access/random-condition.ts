import type { Question } from '../../src/access/decide.ts';
import type { ReadArguments } from '../../src/access/decision.ts';
import type { CallFacts } from '../../src/condition/condition.ts';
import type { Condition } from '../../src/config/configuration.ts';
import { condition } from './policy.ts';
import type { Random } from './random-policy.ts';

type Said = 'met' | 'unmet' | 'failed';
type Call = Omit<CallFacts, 'args'> & { readonly args: { readonly repo?: string; readonly n?: number | string } };

/** What each condition means, in plain words of the language the tests are in. */
const meanings: readonly (readonly [Condition, (call: Call) => Said])[] = [
  [
    condition({ line: 1, args: { properties: { repo: { enum: ['docs', 'web'] } }, required: ['repo'] } }),
    ({ args: { repo } }) => yes(repo === 'docs' || repo === 'web'),
  ],
  [
    condition({ line: 2, args: { properties: { n: { type: 'integer', maximum: 5 } } } }),
    ({ args: { n } }) => yes(n === undefined || (typeof n === 'number' && n <= 5)),
  ],
  [condition({ line: 3, when: 'args.n < 5' }), ({ args: { n } }) => (typeof n === 'number' ? yes(n < 5) : 'failed')],
  [condition({ line: 4, when: 'has(args.repo)' }), ({ args: { repo } }) => yes(repo !== undefined)],
  [condition({ line: 5, when: 'principal.kind == "robot"' }), ({ principal }) => yes(principal.kind === 'robot')],
  [condition({ line: 6, when: '"dba" in principal.groups' }), ({ principal }) => yes(principal.groups.includes('dba'))],
  [condition({ line: 7, when: 'principal.name == "ana"' }), ({ principal }) => yes(principal.name === 'ana')],
  [condition({ line: 8, when: 'now < timestamp("1970-01-01T00:00:00.020Z")' }), ({ now }) => yes(Math.trunc(now) < 20)],
  [
    condition({ line: 9, args: { required: ['repo'] }, when: 'args.repo != "docs"' }),
    ({ args: { repo } }) => yes(repo !== undefined && repo !== 'docs'),
  ],
];

function yes(holds: boolean): Said {
  return holds ? 'met' : 'unmet';
}

/** Mostly none, as in a policy that people write. */
export function randomCondition({ below, pick }: Random): Condition | null {
  if (below(2) === 0) return null;
  const [found] = pick(meanings);
  return found;
}

/** What a call says; now and then it is unfit to be judged. */
export function randomArguments({ below, pick }: Random): ReadArguments {
  if (below(12) === 0) return { kind: 'unfit', detail: '' };
  const repo = pick(['docs', 'web', 'x', undefined]);
  const n = pick([3, 5, 20, 'x', undefined]);
  return { kind: 'read', value: { ...(repo !== undefined && { repo }), ...(n !== undefined && { n }) } };
}

/** What a condition says of a call. */
export function said(asked: Condition, { who, at, args }: Question): Said {
  const read = args?.() ?? { kind: 'unfit' };
  const meaning = meanings.find(([known]) => known === asked)?.[1];
  if (read.kind === 'unfit' || meaning === undefined) return 'failed';
  const name = who.kind === 'robot' ? who.subject : who.user;
  const principal = { kind: who.kind, name, email: who.email, groups: who.claims };
  return meaning({ args: read.value as Call['args'], principal, now: at });
}
