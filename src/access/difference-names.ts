import type { Policy } from '../config/configuration.ts';

/** A subject as a reviewer thinks of it, and whom it means. */
export interface NamedSubject {
  /** `everyone`, `user:*`, `robot:*`, `user:NAME`, `group:NAME`, `robot:NAME`, or `claim:VALUE` where no group means just that. */
  readonly name: string;
  /** As `subjectsOf` names them. */
  readonly subjects: readonly string[];
}

/**
 * Says in groups' names what a list of subjects says. `spared` are others that the description leaves out anyway, so a
 * group may be named although it has them.
 */
export type Naming = (subjects: readonly string[], spared: readonly string[]) => readonly NamedSubject[];

/** A group's name means whom it has in the head, and in the base when the head has no group of that name. */
export function createNaming(base: Policy, head: Policy): Naming {
  const groups = new Map<string, NamedSubject>();
  const bySubject = new Map<string, NamedSubject[]>();
  for (const { name, claims, members } of [...head.groups.values(), ...base.groups.values()]) {
    if (groups.has(name)) continue;
    const subjects = [...claims.map((claim) => `claim:${claim}`), ...members.map((user) => `user:${user}`)];
    const group = { name: `group:${name}`, subjects: [...new Set(subjects)] };
    groups.set(name, group);
    for (const subject of group.subjects) bySubject.set(subject, [...(bySubject.get(subject) ?? []), group]);
  }
  return (subjects, spared) => {
    const wanted = new Set(subjects);
    const left = new Set(spared);
    const rest = new Set(subjects);
    const named: NamedSubject[] = [];
    const fits = (group: NamedSubject): boolean => {
      const own = group.subjects.filter((subject) => wanted.has(subject));
      const others = group.subjects.filter((subject) => !wanted.has(subject));
      return own.length > others.length && others.every((subject) => left.has(subject));
    };
    const found = new Set(subjects.flatMap((subject) => bySubject.get(subject) ?? []));
    for (const group of [...found].filter(fits).sort((a, b) => b.subjects.length - a.subjects.length)) {
      if (!group.subjects.some((subject) => rest.has(subject))) continue;
      named.push(group);
      for (const subject of group.subjects) rest.delete(subject);
    }
    return [...named, ...[...rest].map((subject) => ({ name: subject, subjects: [subject] }))].sort(byName);
  };
}

function byName({ name: a }: NamedSubject, { name: b }: NamedSubject): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
