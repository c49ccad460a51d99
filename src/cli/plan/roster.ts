import { readFileSync, statSync } from 'node:fs';
import type { AccessChange } from '../../access/difference-gathering.ts';
import { printable } from '../../audit/answer/printable.ts';
import { UsageError } from '../command.ts';

/** A file of people is at most so large, and so many people are in it. */
const bytesMax = 16 * 1024 * 1024;
const peopleMax = 100_000;
/** So many names are told of each change. */
const namesMax = 100;

export interface Person {
  readonly user: string;
  /** Values of the groups claim, as their tokens carry them. */
  readonly claims: readonly string[];
}

/** How many of the roster a plan is about. */
export interface Headcount {
  /** All to whom something changes. */
  readonly total: number;
  readonly of: (change: AccessChange) => { readonly count: number; readonly names: readonly string[] };
}

/**
 * Reads people out of CSV (RFC 4180) whose first line names the columns `user` and `groups`, groups parted by `;`, or
 * out of JSON Lines, `{"user": "ana@acme.co", "groups": ["acme-all"]}`. `name` is what an error calls the file.
 */
export function readRoster(path: string, name: string): readonly Person[] {
  const text = readText(path, name);
  const people = /^\s*\{/.test(text) ? fromJsonLines(text, name) : fromCsv(text, name);
  if (people.length > peopleMax) throw new UsageError(`${name}: expected at most ${peopleMax} people`);
  const seen = new Set<string>();
  for (const { user } of people) {
    if (seen.has(user)) throw new UsageError(`${name}: expected each user once, found ${printable(user)} twice`);
    seen.add(user);
  }
  return people;
}

function readText(path: string, name: string): string {
  const info = statSync(path, { throwIfNoEntry: false });
  if (!info?.isFile()) throw new UsageError(`there is no file ${name}`);
  if (info.size > bytesMax) throw new UsageError(`${name}: expected at most ${bytesMax / 1024 / 1024} MiB`);
  return readFileSync(path, 'utf8').replace(/^\ufeff/, '');
}

function fromJsonLines(text: string, name: string): readonly Person[] {
  return text.split(/\r?\n/).flatMap((line, index) => {
    if (line.trim() === '') return [];
    const { user, groups = [] } = parseObject(line, `${name}:${index + 1}`);
    const isList = Array.isArray(groups) && groups.every((group) => typeof group === 'string');
    if (typeof user !== 'string' || user === '' || !isList) {
      throw new UsageError(`${name}:${index + 1}: expected {"user": "NAME", "groups": ["CLAIM"]}`);
    }
    return [{ user, claims: groups }];
  });
}

function parseObject(line: string, place: string): { readonly user?: unknown; readonly groups?: unknown } {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === 'object' && value !== null) return value;
  } catch (cause) {
    throw new UsageError(`${place}: expected a JSON object, found other text`, { cause });
  }
  throw new UsageError(`${place}: expected a JSON object, found another value`);
}

function fromCsv(text: string, name: string): readonly Person[] {
  const [head, ...rows] = rowsOf(text, name);
  const columns = head?.cells.map((cell) => cell.trim().toLowerCase()) ?? [];
  const [userAt, groupsAt] = [columns.indexOf('user'), columns.indexOf('groups')];
  if (userAt < 0 || groupsAt < 0) {
    throw new UsageError(`${name}:1: expected a first line that names the columns user and groups`);
  }
  return rows.flatMap(({ cells, line }) => {
    if (cells.every((cell) => cell.trim() === '')) return [];
    const [user, groups] = [cells[userAt]?.trim() ?? '', cells[groupsAt]?.trim() ?? ''];
    if (user === '') throw new UsageError(`${name}:${line}: expected a user, found nothing`);
    const claims = groups.split(';').map((claim) => claim.trim());
    return [{ user, claims: claims.filter((claim) => claim !== '') }];
  });
}

interface Row {
  readonly cells: readonly string[];
  readonly line: number;
}

/** A cell in quotes may hold commas, line breaks and, doubled, quotes. */
function rowsOf(text: string, name: string): readonly Row[] {
  const rows: Row[] = [];
  let cells: string[] = [];
  let line = 1;
  let start = 1;
  const cell = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/y;
  while (cell.lastIndex < text.length) {
    const found = cell.exec(text);
    if (found === null) throw new UsageError(`${name}:${line}: expected a comma or the end of the line after a quote`);
    const [whole, quoted, plain = '', end = ''] = found;
    cells.push(quoted?.replaceAll('""', '"') ?? plain);
    line += whole.split('\n').length - 1;
    if (end === ',') continue;
    rows.push({ cells, line: start });
    cells = [];
    start = line;
  }
  return rows;
}

/** Who of the roster is meant by each change: all of its subjects, and none of those it leaves out. */
export function countPeople(people: readonly Person[], changes: readonly AccessChange[]): Headcount {
  const bySubject = new Map<string, number[]>([['everyone', [...people.keys()]]]);
  for (const [index, { user, claims }] of people.entries()) {
    for (const subject of new Set([`user:${user}`, ...claims.map((claim) => `claim:${claim}`)])) {
      const known = bySubject.get(subject);
      if (known === undefined) bySubject.set(subject, [index]);
      else known.push(index);
    }
  }
  bySubject.set('users', [...people.keys()]);
  const meant = (subjects: AccessChange['who']) =>
    new Set(subjects.flatMap((each) => each.subjects.flatMap((subject) => bySubject.get(subject) ?? [])));
  const found = new Map(
    changes.map((change) => {
      const [first = new Set<number>(), ...others] = change.who.map((subject) => meant([subject]));
      const spared = meant(change.except);
      const rest = [...first].filter((each) => others.every((other) => other.has(each)) && !spared.has(each));
      return [change, rest] as const;
    }),
  );
  return {
    total: new Set([...found.values()].flat()).size,
    of: (change) => {
      const indices = found.get(change) ?? [];
      const names = indices.slice(0, namesMax).flatMap((index) => people[index]?.user ?? []);
      return { count: indices.length, names };
    },
  };
}
