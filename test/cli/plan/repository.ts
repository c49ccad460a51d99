import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '../../config/tree.ts';
import { acme, gatehouse, type Said } from '../console.ts';

export interface Repository {
  readonly folder: string;
  git(...args: readonly string[]): string;
  /** Replaces the first text by the second in a file; the first must be there. */
  edit(file: string, ...changes: readonly (readonly [from: string, to: string])[]): void;
  put(file: string, text: string): void;
  /** Commits everything as it is; returns the commit. */
  commit(): string;
  /** Runs `gatehouse plan`; `args` are separated by spaces. */
  plan(args: string): Promise<Said>;
}

/** A real repository on the branch `main`, empty, that goes away with the test. */
export async function emptyRepository(
  context: { after(fn: () => Promise<void>): void },
  stamp = '2026-11-22T12:00:00Z',
): Promise<Repository> {
  const folder = await temporaryFolder(context);
  const path = (file: string) => join(folder, file);
  const env = {
    PATH: process.env['PATH'],
    HOME: folder,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_AUTHOR_NAME: 'Ana',
    GIT_AUTHOR_EMAIL: 'ana@acme.co',
    GIT_AUTHOR_DATE: stamp,
    GIT_COMMITTER_NAME: 'Ana',
    GIT_COMMITTER_EMAIL: 'ana@acme.co',
    GIT_COMMITTER_DATE: stamp,
  };
  const git = (...args: readonly string[]) =>
    execFileSync('git', args, { cwd: folder, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
  git('init', '-q', '-b', 'main');
  return {
    folder,
    git,
    edit(file, ...changes) {
      let text = readFileSync(path(file), 'utf8');
      for (const [from, to] of changes) {
        assert(text.includes(from), `${file} holds ${from}`);
        text = text.replace(from, () => to);
      }
      writeFileSync(path(file), text);
    },
    put: (file, text) => writeFileSync(path(file), text),
    commit() {
      git('add', '-A');
      git('commit', '-q', '--allow-empty', '-m', 'change');
      return git('rev-parse', 'HEAD');
    },
    plan: (args) => gatehouse(`plan ${args} --at 2026-11-22`, folder, { PATH: process.env['PATH'] }),
  };
}

/** The example company committed on `main`, with `edited` checked out. */
export async function acmeRepository(context: { after(fn: () => Promise<void>): void }): Promise<Repository> {
  const repository = await emptyRepository(context);
  cpSync(acme, repository.folder, { recursive: true });
  rmSync(join(repository.folder, 'CODEOWNERS'), { force: true });
  repository.commit();
  repository.git('checkout', '-q', '-b', 'edited');
  return repository;
}

const access = 'policies/access.yaml';

/** What a quarter brings: a new colleague, a longer close, one duty less, one tool too many. */
export function editAcme({ edit }: Repository): void {
  edit(
    access,
    ['members: [raj@acme.co, ana@acme.co]', 'members: [raj@acme.co, ana@acme.co, bob@acme.co]'],
    ['"support-triage", "docs"]', '"support-triage", "docs", "status"]'],
    ['      - write: pylon/*\n', '      - write: pylon/*\n      - any: pylon/delete_ticket\n'],
    ['ticket: FIN-482, expires: 2027-01-31', 'ticket: FIN-482, expires: 2027-03-31'],
    ['roles: [release-keeper, order-watcher]', 'roles: [order-watcher]'],
    ['revoked:\n', 'revoked:\n  - { user: pete@acme.co, since: 2026-11-21 }\n'],
  );
  edit('gateway.config.yaml', ['https://mcp.usepylon.com/', 'https://eu.mcp.usepylon.com/']);
}
