import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { lockText } from '../../../src/catalog/draft-lock.ts';
import { human } from '../../../src/cli/plan/human.ts';
import type { PlanReport } from '../../../src/cli/plan/report.ts';
import { lockHash } from '../../../src/config/lock-hash.ts';
import { emptyRepository, type Repository } from './repository.ts';

const gateway =
  'apiVersion: gatehouse/v1\ngateway: { name: x, lock: strict }\nservers: { a: { url: "https://a.example/" } }\n';
const hostile = '](https://evil.example)<img src=x>|@channel `code` ::error::x %0A';

/** One role over every tool of a lock with such names; `grants` are added on the branch. */
async function repositoryOf(
  context: { after(fn: () => Promise<void>): void },
  names: readonly string[],
  users: readonly string[],
): Promise<Repository> {
  const repository = await emptyRepository(context);
  const { folder, put, commit, git } = repository;
  mkdirSync(join(folder, 'policies/lock'), { recursive: true });
  const definitions = names.map((name) => ({ name, inputSchema: { type: 'object' } }));
  const tools = definitions.map(
    (definition) =>
      ({ name: definition.name, class: 'destructive', sha256: lockHash(definition), definition }) as const,
  );
  put('gateway.config.yaml', gateway);
  put('policies/lock/a.json', lockText('a', tools));
  const policy = 'apiVersion: gatehouse/v1\nroles: { r: { allow: [{ any: a/* }] } }\n';
  put('policies/p.yaml', policy);
  commit();
  git('checkout', '-q', '-b', 'a<b>|c@d');
  const grants = users.map((user) => `  - { to: ${JSON.stringify(`user:${user}`)}, roles: [r] }\n`);
  put('policies/p.yaml', `${policy}grants:\n${grants.join('')}`);
  commit();
  return repository;
}

describe('a plan of hostile or endless text', () => {
  it('is no markup in a comment, no command in a workflow log and no more than 80 columns on a terminal', async (context) => {
    const repository = await repositoryOf(context, [hostile.replaceAll(' ', '_'), 'x'.repeat(120)], ['ana']);
    const range = 'main..a<b>|c@d';
    const markdown = await repository.plan(`${range} --format markdown`);
    assert.equal(markdown.code, 2);
    assert.doesNotMatch(markdown.out, /<img|\]\(http|`code|[^&]@channel/);
    assert.match(
      markdown.out,
      /^<!-- gatehouse-plan -->\n### gatehouse plan: widens-destructive: 1 change for 1 subject\n/,
    );
    const github = await repository.plan(`${range} --format github`);
    assert.deepEqual(
      github.out.split('\n').map((line) => line.slice(0, 9)),
      ['::warning', ''],
    );
    const terminal = await repository.plan(range);
    assert.deepEqual(
      terminal.out.split('\n').filter((line) => line.length > 80),
      [],
    );
  });

  it('fits a comment, says in its first line how much it is, and how much is left out', async (context) => {
    const users = Array.from({ length: 900 }, (_, index) => `person-${index}@a-rather-long-name-of-a-company.example`);
    const repository = await repositoryOf(
      context,
      Array.from({ length: 30 }, (_, index) => `tool_${index}`),
      users,
    );
    const { out } = await repository.plan('main..a<b>|c@d --format markdown');
    assert(out.length < 65_535);
    assert.match(out, /\n### gatehouse plan: widens-destructive: 900 changes for 900 subjects\n/);
    assert.match(out, /\n\+\d+ more\n/);
    const lines = (await repository.plan('main..a<b>|c@d')).out.split('\n');
    assert(lines.includes('+700 more; --format json has all'));
    const annotations = (await repository.plan('main..a<b>|c@d --format github')).out.trim().split('\n');
    assert.equal(annotations.length, 10);
    assert.equal(annotations[9], '::warning title=gatehouse plan::+891 more');
  });

  it('is coloured only where colour is wanted', () => {
    const nothing = {
      verdict: 'none',
      changes: [],
      guardrails: [],
      settings: [],
      isExact: true,
      held: 0,
      lost: 0,
    } as const;
    const revision = { name: 'main', commit: 'a'.repeat(40) };
    const report: PlanReport = {
      difference: nothing,
      base: revision,
      head: revision,
      at: 0,
      people: null,
      exceeded: [],
      deny: null,
      replay: null,
      show: ({ file, line, side }) => ({ file, line, side }),
      file: 'gateway.config.yaml',
      columns: 80,
      color: false,
    };
    assert.equal(human(report).includes('\u001b'), false);
    assert.equal(human({ ...report, color: true }).startsWith('\u001b[32mnone'), true);
  });

  it('tells its help within 80 columns', () => {
    const source = readFileSync(new URL('../../../src/cli/plan/plan.ts', import.meta.url), 'utf8');
    const [, help = ''] = /const help = `([^`]*)`/.exec(source) ?? [];
    assert.deepEqual(
      help.split('\n').filter((line) => line.length > 80),
      [],
    );
  });
});
