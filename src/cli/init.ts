import { readFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { type Command, type CommandInput, type Io, UsageError } from './command.ts';
import { companionFiles, type Forge, starterFiles, starterPlaces } from './init-files.ts';
import { exists, writeAll } from './init-write.ts';

const help = `Usage: gatehouse init [DIR] [--ci github|gitlab|none]

Writes a small gateway that works at once: a configuration, a policy and its
tests, a server to try it with, schemas for your editor, and the job that shows
pull requests what they change. Every file is commented. DIR is the current
folder by default.

Overwrites nothing. When DIR has a configuration or policy already, nothing is
written at all; a job, schemas or .gitignore that are there are left alone, but
for a line "var/" that .gitignore lacks.

Options:
  --ci FORGE  whose job to write. Default: gitlab when the git remote of DIR
              names it, github in any other git repository, else none

Examples:
  gatehouse init
  gatehouse init gateway --ci gitlab

Exit codes: 0 written, 1 nothing written because files are there already,
2 could not run
`;

/** `gatehouse init` */
export const init: Command = {
  words: ['init'],
  summary: 'Write a small gateway to start from',
  help,
  options: { ci: { type: 'string' } },
  run,
};

/** What a running gateway writes is no part of the repository. */
const ignored = 'var/';

async function run({ values, positionals }: CommandInput, io: Io): Promise<number> {
  const [word = '.', ...more] = positionals;
  if (more.length > 0) throw new UsageError(`init takes one folder, found ${positionals.join(' ')}`);
  const folder = resolve(io.cwd, word);
  const forge = await forgeOf(values['ci'], folder);
  const there = await existing(starterPlaces, folder);
  if (there.length > 0) {
    io.out(`Nothing is written, because of what is there already:\n${list(there)}`);
    return 1;
  }
  const companions = companionFiles(forge);
  const kept = await existing(
    companions.map(({ path }) => path),
    folder,
  );
  const files = [...starterFiles(), ...companions.filter(({ path }) => !kept.includes(path))];
  const written = await writeAll(files, { folder, ignored }).catch((error: unknown) => {
    if (!(error instanceof Error && 'syscall' in error)) throw error;
    throw new UsageError(`nothing is written: ${error.message}`, { cause: error });
  });
  io.out(`Written:\n${list(written)}`);
  if (kept.length > 0) io.out(`\nLeft alone:\n${list(kept)}`);
  io.out(`\nNext:\n${list(next(relative(io.cwd, folder)))}`);
  return 0;
}

function list(lines: readonly string[]): string {
  return lines.map((line) => `  ${line}\n`).join('');
}

function next(folder: string): readonly string[] {
  const cd =
    folder === '' ? '' : `cd ${/^[\w./-]+$/.test(folder) ? folder : `'${folder.replaceAll("'", `'\\''`)}'`} && `;
  return [
    `${cd}npx gatehouse test`,
    'npx gatehouse serve',
    'claude mcp add --transport http gateway http://127.0.0.1:8080/mcp',
  ];
}

async function forgeOf(word: unknown, folder: string): Promise<Forge | null> {
  if (word === 'github' || word === 'gitlab') return word;
  if (word === 'none') return null;
  if (word !== undefined) throw new UsageError(`--ci is one of github, gitlab, none, found ${word}`);
  if (!(await exists(join(folder, '.git')))) return null;
  const settings = await readFile(join(folder, '.git/config'), 'utf8').catch(() => '');
  return /^\s*url\s*=.*gitlab/m.test(settings) ? 'gitlab' : 'github';
}

async function existing(paths: readonly string[], folder: string): Promise<readonly string[]> {
  const found = await Promise.all(paths.map(async (path) => ((await exists(join(folder, path))) ? [path] : [])));
  return found.flat();
}
