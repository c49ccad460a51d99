import type { Condition } from '../config/configuration.ts';
import { canonicalJson } from '../config/lock-hash.ts';
import type { Identity } from '../identity/identity.ts';
import type { Access, Section } from './compile.ts';
import { decideContent } from './decide.ts';
import type { Decision } from './decision.ts';
import { entitlementOf } from './entitlement.ts';
import { rightsOf } from './rights.ts';
import type { Sought } from './rule-book.ts';

/** What a condition asks, wherever it stands. */
export type Terms = Pick<Condition, 'args' | 'when'>;

/** What somebody holds from one moment on, until the next stretch begins. */
export interface Stretch {
  /** Epoch milliseconds. */
  readonly from: number;
  /** One is enough; null is every call. Empty is nothing at all. */
  readonly alternatives: readonly (Terms | null)[];
  /** Calls that meet one of these are taken away again. */
  readonly except: readonly Terms[];
  readonly decision: Decision;
}

/** In order of time; neighbours differ. The first begins at the moment of the comparison. */
export type Timeline = readonly Stretch[];

export interface HeldQuestion {
  readonly who: Identity;
  readonly section: Section;
  readonly target: Sought;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** What the identity holds now and at every later date that changes anything. */
export function timelineOf(access: Access, { at, ...question }: HeldQuestion): Timeline {
  const stretches: Stretch[] = [];
  for (let from: number | null = at; from !== null; from = rightsOf(access, question.who, from).until) {
    const stretch: Stretch = heldAt(access, { ...question, at: from });
    const last = stretches.at(-1);
    if (last === undefined || contentOf(last) !== contentOf(stretch)) stretches.push(stretch);
  }
  return stretches;
}

function heldAt(access: Access, { who, section, target: sought, at }: HeldQuestion): Stretch {
  const { server, name } = sought;
  if (section === 'tools') {
    const entitlement = entitlementOf(access, { who, target: { server, tool: name, class: sought.class }, at });
    const { decision } = entitlement;
    if (entitlement.kind === 'none') return { from: at, alternatives: [], except: [], decision };
    return { from: at, alternatives: entitlement.conditions, except: entitlement.except, decision };
  }
  const kind = section === 'prompts' ? 'prompt' : 'resource';
  const decision = decideContent(access, { who, target: { kind, server, name }, at });
  return { from: at, alternatives: decision.effect === 'allow' ? [null] : [], except: [], decision };
}

/** How what somebody holds differs; null when it does not. */
export interface HeldChange {
  readonly kind: 'gains' | 'loses' | 'condition' | 'expiry';
  /** `wider`: at some time some call may be allowed that was not. What cannot be told apart counts as wider. */
  readonly direction: 'wider' | 'narrower';
}

export function compareHeld(before: Timeline, after: Timeline): HeldChange | null {
  const [had, has] = [before.some(holds), after.some(holds)];
  if ((!had && !has) || keyOfTimeline(before) === keyOfTimeline(after)) return null;
  if (!had) return { kind: 'gains', direction: 'wider' };
  if (!has) return { kind: 'loses', direction: 'narrower' };
  const kind = contentsOf(before) === contentsOf(after) ? 'expiry' : 'condition';
  const dates = [...before, ...after].map(({ from }) => from);
  const isWithin = dates.every((date) => isPartOf(stretchAt(after, date), stretchAt(before, date)));
  return { kind, direction: isWithin ? 'narrower' : 'wider' };
}

export function holds({ alternatives }: Stretch): boolean {
  return alternatives.length > 0;
}

/** Equal for equal rights at all times. */
export function keyOfTimeline(timeline: Timeline): string {
  return timeline.map((stretch) => `${stretch.from} ${contentOf(stretch)}`).join('\n');
}

function contentsOf(timeline: Timeline): string {
  return [...new Set(timeline.filter(holds).map(contentOf))].sort().join('\n');
}

function contentOf({ alternatives, except }: Stretch): string {
  return `${keysOf(alternatives).join()} !${keysOf(except).join()}`;
}

function keysOf(terms: readonly (Terms | null)[]): readonly string[] {
  return [...new Set(terms.map(keyOfTerms))].sort();
}

/** Equal for conditions that say the same, wherever they stand. */
export function keyOfTerms(terms: Terms | null): string {
  return terms === null ? '*' : canonicalJson({ args: terms.args, when: terms.when });
}

function stretchAt(timeline: Timeline, date: number): Stretch | undefined {
  return timeline.findLast(({ from }) => from <= date);
}

/** Whether every call that `one` allows is surely one that `other` allows too. */
function isPartOf(one: Stretch | undefined, other: Stretch | undefined): boolean {
  if (one === undefined || !holds(one)) return true;
  if (other === undefined) return false;
  const [held, cut] = [new Set(keysOf(other.alternatives)), new Set(keysOf(one.except))];
  const isHeld = held.has('*') || keysOf(one.alternatives).every((key) => held.has(key));
  return isHeld && keysOf(other.except).every((key) => cut.has(key));
}
