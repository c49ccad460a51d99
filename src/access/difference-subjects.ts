import type { Identity } from '../identity/identity.ts';
import { type Held, keyOfHeld } from './difference-ask.ts';
import type { HeldChange } from './difference-held.ts';
import type { NamedSubject, Naming } from './difference-names.ts';
import type { Affected } from './difference-people.ts';
import type { AffectedRobots } from './difference-robots.ts';

/** A change of one target, which is that of all targets that are reached alike. */
export interface NamedChange extends HeldChange, Held {
  /** Everybody who is all of these. */
  readonly who: readonly NamedSubject[];
  /** But nobody who is one of these. */
  readonly except: readonly NamedSubject[];
  /** One of those it is about. */
  readonly identity: Identity;
}

export interface NamingParts {
  readonly affected: readonly Affected[];
  readonly machines: readonly AffectedRobots[];
  readonly naming: Naming;
  /** The robots of both sides. */
  readonly robots: readonly string[];
}

/** Says whom each change is about in subjects' names: a group rather than its members, everyone rather than all. */
export function named({ affected, machines, naming, robots }: NamingParts): readonly NamedChange[] {
  const everyRobot = machines.find(({ names }) => names.length === robots.length);
  const people = merged(affected);
  const everybody = people.find(
    ({ of, held }) =>
      of.length === 0 && (robots.length === 0 || (everyRobot && keyOfHeld(everyRobot) === keyOfHeld(held))),
  );
  const rest =
    everybody === undefined || everyRobot === undefined ? machines : machines.filter((each) => each !== everyRobot);
  return [
    ...people.flatMap((each) => namedPeople(each, each === everybody ? everyone : users, naming)),
    ...rest.flatMap((each) => namedRobots(each, robots)),
  ];
}

const everyone: NamedSubject = { name: 'everyone', subjects: ['everyone'] };
const users: NamedSubject = { name: 'user:*', subjects: ['users'] };

/** People of one of the classes that each set in `of` holds. */
interface People {
  readonly of: readonly (readonly string[])[];
  readonly except: readonly string[];
  readonly held: Affected;
}

/** Users and claims to whom the same happens may be one group's members and claim. */
function merged(affected: readonly Affected[]): readonly People[] {
  const alike = new Map<string, People & { readonly of: (readonly string[])[] }>();
  const rest: People[] = [];
  for (const each of affected) {
    const except = each.except.flatMap(({ subjects }) => subjects).sort();
    const of = each.of.map(({ subjects }) => subjects);
    const [only] = of;
    if (only === undefined || of.length > 1) {
      rest.push({ of, except, held: each });
      continue;
    }
    const key = `${each.kind} ${each.direction} ${keyOfHeld(each)} ${except.join('\n')}`;
    const known = alike.get(key);
    if (known === undefined) alike.set(key, { of: [only], except, held: each });
    else known.of.push(only);
  }
  return [...rest, ...[...alike.values()].map((each) => ({ ...each, of: [each.of.flat()] }))];
}

function namedPeople({ of, except, held }: People, all: NamedSubject, naming: Naming): readonly NamedChange[] {
  const { kind, direction, before, after, who: identity } = held;
  const but = naming(except, []);
  const options = of.map((subjects) => naming(subjects, except));
  const combined = options.reduce<readonly (readonly NamedSubject[])[]>(
    (found, names) => found.flatMap((chosen) => names.map((name) => [...chosen, name])),
    [[]],
  );
  return combined.map((who) => {
    return { who: who.length === 0 ? [all] : who, except: but, identity, kind, direction, before, after };
  });
}

function namedRobots(
  { names, who: identity, ...rest }: AffectedRobots,
  robots: readonly string[],
): readonly NamedChange[] {
  const isAll = names.length > 1 && names.length === robots.length;
  const subjects = isAll ? [{ name: 'robot:*', subjects: ['robots'] }] : names.map((name) => robotNamed(name));
  return subjects.map((subject) => ({ ...rest, who: [subject], except: [], identity }));
}

function robotNamed(name: string): NamedSubject {
  return { name: `robot:${name}`, subjects: [`robot:${name}`] };
}
