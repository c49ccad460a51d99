import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { commands } from '../../src/cli/commands.ts';

interface Step {
  readonly run?: string;
  readonly uses?: string;
  readonly env?: Readonly<Record<string, string>>;
}

interface Action {
  readonly inputs: Readonly<Record<string, { readonly description: string; readonly default: string }>>;
  readonly runs: { readonly using: string; readonly steps: readonly Step[] };
}

interface Workflow {
  readonly on: unknown;
  readonly permissions: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, { readonly steps: readonly Step[] }>>;
}

function read<T>(path: string): T {
  return parse(readFileSync(path, 'utf8'));
}

const action = read<Action>('action.yml');
const workflows = [
  'starter/ci/github.yaml',
  ...readdirSync('.github/workflows').map((file) => join('.github/workflows', file)),
];
const script = readFileSync('ci/pull-request.sh', 'utf8');

test('no shell text of a workflow holds an expression, which would run whatever its value is', () => {
  const steps = [...action.runs.steps, ...workflows.flatMap((path) => stepsOf(read<Workflow>(path)))];
  const runs = steps.flatMap(({ run }) => run ?? []);
  assert(runs.length >= 5);
  assert.deepEqual(
    runs.filter((run) => run.includes('${{')),
    [],
  );
});

function stepsOf({ jobs }: Workflow): readonly Step[] {
  return Object.values(jobs).flatMap(({ steps }) => steps);
}

test('no workflow gives a pull request of a fork the rights of the repository', () => {
  for (const path of workflows) {
    const { on, permissions } = read<Workflow>(path);
    assert.equal(JSON.stringify(on).includes('pull_request_target'), false, path);
    const rights = Object.entries(permissions).filter(([, right]) => right === 'write');
    assert.deepEqual(
      rights.filter(([name]) => name !== 'pull-requests'),
      [],
      path,
    );
  }
});

test('the job that init writes names other actions by commit, because a tag can be moved', () => {
  const used = stepsOf(read<Workflow>('starter/ci/github.yaml')).flatMap(({ uses }) => uses ?? []);
  assert.equal(used.length, 2);
  for (const name of used) assert.match(name, /^actions\/[a-z-]+@[0-9a-f]{40}$/);
});

test('the action uses no other action, and describes and uses every input', () => {
  assert.equal(action.runs.using, 'composite');
  const text = readFileSync('action.yml', 'utf8');
  assert.deepEqual(
    action.runs.steps.filter(({ uses }) => uses !== undefined),
    [],
  );
  for (const [name, { description, default: value }] of Object.entries(action.inputs)) {
    assert(description.length > 10 && typeof value === 'string', name);
    assert(new RegExp(`inputs\\.${name}\\b`).test(text), name);
  }
});

test('every variable that a job sets is one the script knows', () => {
  const set = [
    ...action.runs.steps.flatMap(({ env = {} }) => Object.keys(env)),
    ...(readFileSync('starter/ci/gitlab.yaml', 'utf8').match(/GATEHOUSE_[A-Z_]+(?=:)/g) ?? []),
  ].filter((name) => name.startsWith('GATEHOUSE_'));
  assert(set.length > 6);
  assert.deepEqual(
    set.filter((name) => !script.includes(name)),
    [],
  );
});

test('the script may be executed and stops at a mistake', () => {
  assert.notEqual(statSync('ci/pull-request.sh').mode & 0o100, 0);
  assert.match(script, /^set -euo pipefail$/m);
});

test('every hook for pre-commit runs a command there is', () => {
  const hooks =
    read<readonly { readonly id: string; readonly entry: string; readonly pass_filenames: boolean }[]>(
      '.pre-commit-hooks.yaml',
    );
  assert.equal(hooks.length, 2);
  for (const { id, entry, pass_filenames } of hooks) {
    const [program, ...words] = entry.split(' ');
    assert.equal(program, 'gatehouse');
    assert(
      commands.some((command) => command.words.join(' ') === words.join(' ')),
      id,
    );
    assert.equal(pass_filenames, false);
  }
});

test('the job of GitLab is YAML that runs the same script', () => {
  const { gatehouse } = read<{ gatehouse: { script: readonly string[] } }>('starter/ci/gitlab.yaml');
  assert(gatehouse.script.some((line) => line.endsWith('/ci/pull-request.sh')));
});
