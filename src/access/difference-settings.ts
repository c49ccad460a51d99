import type { SidedPlace } from './difference-because.ts';
import { type Fact, factsOf, type WrittenSide } from './difference-facts.ts';
import { compareLocks } from './difference-locks.ts';

/** Something that matters although by itself it moves nobody's access. */
export interface SettingChange {
  /** `server github`, `key k7f2 of robot:nightly-report`, `gateway.lock` */
  readonly what: string;
  readonly change: 'added' | 'removed' | 'changed';
  /** What it was and is now, in few words, no secret; empty when `what` says it all. */
  readonly detail: string;
  /** Whether it opens something, as far as that can be told; what cannot be told opens. */
  readonly effect: 'widens-destructive' | 'widens' | 'narrows';
  readonly at: SidedPlace;
}

/** Compares where calls go, who can prove to be whom, what must be said of a grant, and what was reviewed. */
export function compareSettings(base: WrittenSide, head: WrittenSide): readonly SettingChange[] {
  const [before, after] = [base, head].map((side) => new Map(factsOf(side).map((fact) => [fact.what, fact])));
  const names = new Set([...(after?.keys() ?? []), ...(before?.keys() ?? [])]);
  const changes = [...names].flatMap((name) => compareFacts(before?.get(name), after?.get(name)));
  return [...changes, ...compareLocks(base.world, head.world)];
}

function compareFacts(was: Fact | undefined, is: Fact | undefined): readonly SettingChange[] {
  if (is === undefined) {
    if (was === undefined) return [];
    const { what, at, isBarrier } = was;
    return [
      { what, change: 'removed', detail: '', effect: isBarrier ? 'widens' : 'narrows', at: { ...at, side: 'base' } },
    ];
  }
  const { what, isBarrier } = is;
  const at: SidedPlace = { ...is.at, side: 'head' };
  if (was === undefined) return [{ what, change: 'added', detail: '', effect: isBarrier ? 'narrows' : 'widens', at }];
  const detail = detailOf(was, is);
  if (detail === '') return [];
  const isTighter =
    was.untold === is.untold && was.openness !== null && is.openness !== null && is.openness < was.openness;
  return [{ what, change: 'changed', detail, effect: isTighter ? 'narrows' : 'widens', at }];
}

function detailOf(was: Fact, is: Fact): string {
  const keys = Object.keys({ ...was.parts, ...is.parts }).filter((key) => was.parts[key] !== is.parts[key]);
  const told = keys.map((key) => `${key} ${was.parts[key] ?? 'unset'} → ${is.parts[key] ?? 'unset'}`);
  return [...told, ...(was.untold === is.untold ? [] : ['a value that is not shown'])].join(', ');
}
