import type { Reach } from './difference-reach.ts';

/** Subjects that make the same difference to somebody's right to one target, on both sides. */
export interface SubjectClass {
  readonly kind: 'user' | 'claim';
  /** `user:NAME` or `claim:VALUE`, as `subjectsOf` names them. */
  readonly subjects: readonly [string, ...string[]];
}

/** Subjects that make no difference are in no class: whom no grant or guardrail names, and whom it names in vain. */
export function classesOf(base: Reach, head: Reach): readonly SubjectClass[] {
  const marks = new Map<string, Marks>();
  mark(marks, 'base', base);
  mark(marks, 'head', head);
  const shared = ['everyone', 'users'].flatMap((name) => marks.get(name) ?? []);
  const classes = new Map<string, [string, ...string[]]>();
  for (const [subject, own] of marks) {
    const kind = subject.slice(0, subject.indexOf(':'));
    if (kind !== 'user' && kind !== 'claim') continue;
    const key = keyOf(own, shared);
    if (key === '') continue;
    const known = classes.get(`${kind} ${key}`);
    if (known === undefined) classes.set(`${kind} ${key}`, [subject]);
    else known.push(subject);
  }
  return [...classes].map(([key, subjects]) => ({ kind: key.startsWith('user ') ? 'user' : 'claim', subjects }));
}

type Side = 'base' | 'head';

/** What grants and guardrails say of one subject. */
interface Marks {
  readonly guardrails: Set<string>;
  readonly grants: Readonly<Record<Side, Set<string>>>;
  /** The sides on which it is granted everything for ever, so that other grants add nothing. */
  readonly whole: Set<Side>;
}

function mark(marks: Map<string, Marks>, side: Side, { grants, guardrails }: Reach): void {
  const of = (subject: string): Marks => {
    let own = marks.get(subject);
    if (own === undefined) {
      own = { guardrails: new Set(), grants: { base: new Set(), head: new Set() }, whole: new Set() };
      marks.set(subject, own);
    }
    return own;
  };
  for (const { subjects, content, isWhole } of grants) {
    for (const subject of subjects) {
      const own = of(subject);
      own.grants[side].add(content);
      if (isWhole) own.whole.add(side);
    }
  }
  for (const { key, to, except } of guardrails) {
    for (const subject of to) of(subject).guardrails.add(`${side} to ${key}`);
    for (const subject of except) of(subject).guardrails.add(`${side} except ${key}`);
  }
}

/** What the subject adds to what everybody has already. */
function keyOf(own: Marks, shared: readonly Marks[]): string {
  const granted = (['base', 'head'] as const).flatMap((side) => {
    if (shared.some(({ whole }) => whole.has(side))) return [];
    if (own.whole.has(side)) return [`${side} whole`];
    const added = [...own.grants[side]].filter((content) => !shared.some(({ grants }) => grants[side].has(content)));
    return added.map((content) => `${side} ${content}`);
  });
  const guarded = [...own.guardrails].filter((key) => !shared.some(({ guardrails }) => guardrails.has(key)));
  return [...granted, ...guarded].sort().join('\n');
}
