import { posix } from 'node:path';
import type { Configuration, Policy } from '../config/configuration.ts';

/** One line of CODEOWNERS. */
export interface OwnedPath {
  /** From the repository's root, beginning with `/`; a folder ends with `/`. */
  readonly path: string;
  readonly owners: readonly string[];
}

/** Where the files are, from the repository's root, with `/`. */
export interface Paths {
  readonly config: string;
  readonly policies: string;
  /** As a problem names a file: relative to the folder of the configuration file. */
  readonly base: string;
}

/**
 * Who is asked about which file. The last line that fits a file decides, so the owner of the gateway comes first and
 * of all, then who answers for one server's lock, or for a file that holds robots and nothing else: whoever owns one
 * robot must not be the one to approve a grant.
 */
export function ownedPaths({ owners, policy, servers }: Configuration, paths: Paths): readonly OwnedPath[] {
  const handlesOf = (words: readonly string[]) => [...new Set(words.flatMap((word) => owners.handles.get(word) ?? []))];
  const whole = ['', '/'].map((end, index) => ({
    path: `/${[paths.config, paths.policies][index]}${end}`,
    owners: handlesOf([owners.gateway]),
  }));
  const robots = [...robotFiles(policy)].map(([file, words]) => ({
    path: `/${posix.join(paths.base, file)}`,
    owners: handlesOf(words),
  }));
  const locks = [...servers.values()].map(({ name, owner }) => ({
    path: `/${paths.policies}/lock/${name}.json`,
    owners: handlesOf([owner]),
  }));
  return [...whole, ...[...robots, ...locks].sort(byPath)].filter((line) => line.owners.length > 0);
}

/** Files that hold robots and nothing else, with the robots' owners. */
function robotFiles({ groups, roles, grants, guardrails, revoked, robots }: Policy): ReadonlyMap<string, string[]> {
  const others = [...groups.values(), ...roles.values(), ...grants, ...guardrails.values(), ...revoked];
  const mixed = new Set(others.map(({ at }) => at.file));
  const files = new Map<string, string[]>();
  for (const { at, owner } of robots.values()) {
    if (!mixed.has(at.file)) files.set(at.file, [...(files.get(at.file) ?? []), owner]);
  }
  return files;
}

function byPath(one: OwnedPath, other: OwnedPath): number {
  return one.path < other.path ? -1 : Number(one.path > other.path);
}

const begin = '# gatehouse: begin. Written by `gatehouse codeowners --write`; edit `owners` instead.';
const end = '# gatehouse: end';

/** The section with its markers. `paths` must be writable in CODEOWNERS, see `isWritable`. */
export function blockOf(paths: readonly OwnedPath[]): string {
  const lines = paths.map(({ path, owners }) => `${path.replaceAll(' ', '\\ ')} ${owners.join(' ')}\n`);
  return `${begin}\n${lines.join('')}${end}\n`;
}

/** CODEOWNERS has no way to write these as themselves: they begin comments, patterns, negations and sections. */
export function isWritable({ path }: OwnedPath): boolean {
  return !/[*?[\]!#\\\p{Cc}]/u.test(path);
}

/** The text with its section replaced, or added at the end, where it decides; null when its markers are not a pair. */
export function withBlock(text: string, block: string): string | null {
  const lines = text.split(/(?<=\n)/);
  const begins = lines.flatMap((line, index) => (/^# gatehouse: begin\b/.test(line) ? [index] : []));
  const ends = lines.flatMap((line, index) => (/^# gatehouse: end\b/.test(line) ? [index] : []));
  const [from, to] = [begins[0], ends[0]];
  if (from === undefined && to === undefined) {
    const gap = text === '' ? '' : text.endsWith('\n') ? '\n' : '\n\n';
    return `${text}${gap}${block}`;
  }
  if (from === undefined || to === undefined || begins.length + ends.length > 2 || to < from) return null;
  return [...lines.slice(0, from), block, ...lines.slice(to + 1)].join('');
}
