import { existsSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { findTool, type KnownTool, type World, worldOf } from '../access/explain-world.ts';
import { load } from '../config/load.ts';
import { parseMoment } from '../config/moment.ts';
import { type Caller, claimFor } from '../config/policy-tests.ts';
import type { Place, Problem } from '../config/problem.ts';
import { suggest } from '../config/suggest.ts';
import { type CommandInput, type Io, UsageError } from './command.ts';
import { renderProblems } from './format/problems.ts';

/** The files of one moment, ready to be asked. */
export interface Opened {
  readonly world: World;
  /** Folder of the configuration file. */
  readonly base: string;
  /** Absolute path of the policy folder. */
  readonly policies: string;
  /** What `--at` says, else now; epoch milliseconds. */
  readonly at: number;
  /** The place as somebody in the working folder reads it. */
  readonly show: (place: Place) => Shown;
}

export interface Shown {
  readonly file: string;
  readonly line: number;
}

/** Options that all commands about the policy take. */
export const worldOptions = {
  config: { type: 'string' },
  at: { type: 'string' },
  format: { type: 'string' },
} as const;

/** Loads what `--config` names, as a gateway would; null when it is wrong, which has then been told on stderr. */
export async function openWorld({ values }: CommandInput, io: Io): Promise<Opened | null> {
  const at = momentOf(values['at']);
  const config = resolve(io.cwd, String(values['config'] ?? 'gateway.config.yaml'));
  if (!existsSync(config)) throw new UsageError(`there is no ${relative(io.cwd, config) || config}`);
  const base = dirname(config);
  const { configuration, problems, roots } = await load(config, { now: () => new Date(at) });
  if (configuration === null) {
    tellProblems(problems, base, io);
    return null;
  }
  return {
    world: worldOf(configuration),
    base,
    policies: roots.policies ?? base,
    at,
    show: ({ file, line }) => ({ file: relative(io.cwd, resolve(base, file)), line }),
  };
}

/** The place for machines; the first line of nothing in particular when there is none. */
export function placeOf(at: Place | undefined, { show }: Opened): Place {
  return at === undefined ? { file: '', line: 1, col: 1 } : { ...show(at), col: at.col };
}

export function tellProblems(problems: readonly Problem[], base: string, io: Io): void {
  io.err(renderProblems(problems, { ...io, base }));
}

/** What `--at` says, else now; epoch milliseconds. */
export function momentOf(text: unknown): number {
  if (text === undefined) return Date.now();
  const at = parseMoment(String(text), 'starts');
  if (at === null) throw new UsageError('--at is a UTC day or time that exists: 2027-01-31 or 2027-01-31T18:00Z');
  return at;
}

/** The one of the formats that `--format` names, the first by default. */
export function formatOf<T>({ values }: CommandInput, formats: Readonly<Record<string, T>>): T {
  const names = Object.keys(formats);
  const format = formats[String(values['format'] ?? names[0])];
  if (format === undefined) throw new UsageError(`--format is one of ${names.join(', ')}`);
  return format;
}

/** The caller that `user:NAME`, `robot:NAME` or a bare e-mail address means, in the groups of `--groups`. */
export function callerOf(word: string, { values }: CommandInput, { world, io }: { world: World; io: Io }): Caller {
  const { policy } = world.configuration;
  const [, kind, name = ''] = /^(user|robot):(\S+)$/.exec(word) ?? [];
  if (kind === 'robot') {
    if (values['groups'] !== undefined) throw new UsageError('--groups is for people: a robot is in no group');
    if (policy.robots.has(name)) return { kind, name };
    throw new UsageError(hinted(`there is no robot ${name}`, suggest(name, policy.robots.keys())));
  }
  const groups = String(values['groups'] ?? '').split(',');
  const claims = groups.filter((group) => group !== '').map((group) => claimOf(group, world));
  if (kind === 'user') return { kind, name, claims };
  if (/^[^\s:]+@[^\s:]+$/.test(word)) {
    io.err(`taking ${word} as user:${word}\n`);
    return { kind: 'user', name: word, claims };
  }
  const meant = policy.robots.has(word) ? `robot:${word}` : '';
  throw new UsageError(hinted(`expected user:NAME or robot:NAME, found ${word}`, meant && `did you mean ${meant}?`));
}

function claimOf(word: string, { configuration }: World): string {
  const claim = claimFor(word, configuration.policy);
  if (claim.kind === 'found') return claim.value;
  throw new UsageError(hinted(claim.message, claim.hint));
}

/** The tool that `SERVER/TOOL` means. */
export function toolOf(word: string, world: World): KnownTool {
  const slash = word.indexOf('/');
  const [server, tool] = [word.slice(0, slash), word.slice(slash + 1)];
  if (slash < 1 || tool === '' || /[*?]/.test(word)) throw new UsageError(`expected one SERVER/TOOL, found ${word}`);
  const found = findTool(world, server, tool);
  if (found !== null) return found;
  throw new UsageError(hinted(`there is no server ${server}`, suggest(server, world.configuration.servers.keys())));
}

function hinted(message: string, hint: string): string {
  return hint === '' ? message : `${message}: ${hint}`;
}

/** `2027-02-01T00:00Z`, to the second only where there are some. */
export function momentText(at: number): string {
  return new Date(at).toISOString().replace(/(?::00)?\.\d+Z$/, 'Z');
}
