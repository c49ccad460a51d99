import type { Identity } from '../identity/identity.ts';
import { type Held, keyOfHeld } from './difference-ask.ts';
import type { SubjectClass } from './difference-classes.ts';
import { compareHeld, type HeldChange } from './difference-held.ts';
import { identityOf } from './explain-caller.ts';

/** People to whom the same happens: they are of every class in `of` and of none in `except`. */
export interface Affected extends Held, HeldChange {
  readonly of: readonly SubjectClass[];
  readonly except: readonly SubjectClass[];
  /** One of them. */
  readonly who: Identity;
}

export interface Affecting {
  readonly affected: readonly Affected[];
  /** Whether every combination of classes was looked at, not only pairs. */
  readonly isExact: boolean;
}

/** So many kinds of people are asked about for one target; with more classes than that allows, only pairs are. */
const statesMax = 1_024;

/** People of no class and those of each combination of classes, told apart by what changes for them. */
export function affectedBy(classes: readonly SubjectClass[], ask: (who: Identity) => Held): Affecting {
  const users = classes.filter(({ kind }) => kind === 'user');
  const claims = classes.filter(({ kind }) => kind === 'claim');
  const isExact = (users.length + 1) * 2 ** claims.length <= statesMax;
  const sets = isExact ? subsets(claims) : [[], ...claims.map((one) => [one]), ...pairs(claims)];
  const rows = [rowOf(null, sets, ask), ...users.map((user) => rowOf(user, isExact ? sets : [[]], ask))];
  return { affected: describe(rows, claims), isExact };
}

/** Nobody has two names: the states of one user, or of those with none that matters. */
interface Row {
  readonly user: SubjectClass | null;
  /** Smaller sets of claims first. */
  readonly states: readonly State[];
}

interface State extends Held {
  readonly claims: readonly SubjectClass[];
  readonly who: Identity;
  readonly change: HeldChange | null;
}

function rowOf(
  user: SubjectClass | null,
  sets: readonly (readonly SubjectClass[])[],
  ask: (who: Identity) => Held,
): Row {
  const states = sets.map((claims): State => {
    const who = personOf(user === null ? claims : [user, ...claims]);
    const held = ask(who);
    return { claims, who, ...held, change: compareHeld(held.before, held.after) };
  });
  return { user, states };
}

/** Somebody who is of these classes, at most one of them a user's, and of no other. */
export function personOf(classes: readonly SubjectClass[]): Identity {
  const first = (kind: SubjectClass['kind']) =>
    classes.flatMap((each) => (each.kind === kind ? [bare(each.subjects[0])] : []));
  return identityOf({ kind: 'user', name: first('user')[0] ?? '', claims: first('claim').sort() });
}

function bare(subject: string): string {
  return subject.slice(subject.indexOf(':') + 1);
}

/**
 * As few descriptions as cover all whom something happens to, and nobody else. Somebody of one class is described
 * apart when what they hold is not what others of the description hold.
 */
function describe(rows: readonly Row[], claims: readonly SubjectClass[]): readonly Affected[] {
  const affected: Affected[] = [];
  for (const row of rows) {
    for (const state of row.states) {
      if (state.change === null || isTold(affected, row, state)) continue;
      const { kind, direction } = state.change;
      const isLike = ({ change }: State) => change?.kind === kind && change.direction === direction;
      const except = exceptionsFor({ row, state, rows, claims, isLike });
      const { before, after, who } = state;
      affected.push({ of: ownOf(row, state), except, who, before, after, kind, direction });
    }
  }
  return affected;
}

function ownOf({ user }: Row, { claims }: State): readonly SubjectClass[] {
  return user === null ? claims : [user, ...claims];
}

function isTold(affected: readonly Affected[], row: Row, state: State): boolean {
  const own = ownOf(row, state);
  const covering = affected.filter(({ of, except }) => {
    return of.every((each) => own.includes(each)) && !except.some((each) => own.includes(each));
  });
  return own.length > 1 ? covering.length > 0 : covering.some((each) => keyOfHeld(each) === keyOfHeld(state));
}

interface Describing {
  readonly row: Row;
  readonly state: State;
  readonly rows: readonly Row[];
  readonly claims: readonly SubjectClass[];
  readonly isLike: (state: State) => boolean;
}

/** The classes that somebody of the state may not be of, so that the same happens to all who are left. */
function exceptionsFor({ row, state, rows, claims, isLike }: Describing): readonly SubjectClass[] {
  let except = claims.filter((each) => !state.claims.includes(each));
  const holdsWithout = ({ states }: Row, excluded: readonly SubjectClass[]): boolean =>
    states.every(
      (other) =>
        !state.claims.every((each) => other.claims.includes(each)) ||
        other.claims.some((each) => excluded.includes(each)) ||
        isLike(other),
    );
  for (const each of except) {
    const fewer = except.filter((other) => other !== each);
    if (holdsWithout(row, fewer)) except = fewer;
  }
  if (row.user !== null) return except;
  const users = rows.flatMap((other) => (other.user !== null && !holdsWithout(other, except) ? [other.user] : []));
  return [...users, ...except];
}

function subsets(classes: readonly SubjectClass[]): readonly (readonly SubjectClass[])[] {
  const all: (readonly SubjectClass[])[] = [[]];
  for (const each of classes) all.push(...all.map((set) => [...set, each]));
  return all.sort((a, b) => a.length - b.length);
}

function pairs(classes: readonly SubjectClass[]): readonly (readonly SubjectClass[])[] {
  return classes.flatMap((one, index) => classes.slice(index + 1).map((other) => [one, other]));
}
