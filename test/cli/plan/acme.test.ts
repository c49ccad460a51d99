import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Ajv } from 'ajv';
import { decide } from '../../../src/access/decide.ts';
import { type Entitlement, entitlementOf } from '../../../src/access/entitlement.ts';
import { identityOf } from '../../../src/access/explain-caller.ts';
import { type World, worldOf } from '../../../src/access/explain-world.ts';
import { readRoster } from '../../../src/cli/plan/roster.ts';
import { load } from '../../../src/config/load.ts';
import type { Identity } from '../../../src/identity/identity.ts';
import { acme } from '../console.ts';
import { acmeRepository, editAcme, type Repository } from './repository.ts';

const at = Date.parse('2026-11-22');
const golden = join(import.meta.dirname, '../../fixtures/acme/plan');

interface Plan {
  readonly verdict: string;
  readonly people: number;
  readonly changes: readonly {
    readonly who: string;
    readonly change: string;
    readonly tools: readonly string[];
    readonly people: { readonly count: number; readonly names: readonly string[] };
  }[];
}

async function planOf(repository: Repository, range = 'main..edited'): Promise<Plan> {
  const { out, code, err } = await repository.plan(`${range} --roster people.csv --format json`);
  assert.equal(err, '');
  const plan: Plan = JSON.parse(out);
  assert.equal(code, plan.verdict === 'none' ? 0 : 2);
  const url = new URL('../../../schema/plan-output.schema.json', import.meta.url);
  const validate = new Ajv({ strict: true, allowUnionTypes: true }).compile(JSON.parse(readFileSync(url, 'utf8')));
  assert.equal(validate(plan), true, JSON.stringify(validate.errors));
  return plan;
}

async function worldIn(folder: string): Promise<World> {
  const { configuration, problems } = await load(join(folder, 'gateway.config.yaml'));
  assert(configuration !== null, JSON.stringify(problems));
  return worldOf(configuration);
}

/** What is held, without the places that say so. */
function essence(entitlement: Entitlement): string {
  if (entitlement.kind === 'none') return 'none';
  const { conditions, except, until } = entitlement;
  return JSON.stringify({ conditions, except, until }, (key, value) => (key === 'at' ? undefined : value));
}

describe('the plan of a realistic edit of the example company', () => {
  it('names exactly the people and tools whose access changes', async (context) => {
    const repository = await acmeRepository(context);
    editAcme(repository);
    repository.commit();
    const plan = await planOf(repository);
    const [base, head] = [await worldIn(acme), await worldIn(repository.folder)];

    const told = plan.changes.flatMap(({ change, tools, people }) =>
      people.names.flatMap((name) => tools.map((tool) => `${name} ${tool} ${change}`)),
    );
    const roster = readRoster(join(repository.folder, 'people.csv'), 'people.csv');
    assert.equal(roster.length, 40);
    const found = roster.flatMap(({ user, claims }) => {
      const who = identityOf({ kind: 'user', name: user, claims });
      return base.tools.flatMap((target) => {
        const change = changeFor(who, target, { base, head });
        return change === null ? [] : [`${user} ${target.server}/${target.tool} ${change}`];
      });
    });
    assert(found.length > 10);
    assert.deepEqual(told.sort(), found.sort());
    assert.equal(plan.people, new Set(found.map((line) => line.split(' ')[0])).size);
  });

  for (const format of ['human', 'json', 'github', 'markdown', 'sarif', 'junit']) {
    it(`is told as ${format}`, async (context) => {
      const repository = await acmeRepository(context);
      editAcme(repository);
      const commits = [repository.git('rev-parse', 'main'), repository.commit()];
      const { out, code } = await repository.plan(`main..edited --roster people.csv --format ${format}`);
      assert.equal(code, 2);
      const text = commits.reduce(
        (rest, commit, index) =>
          rest.replaceAll(commit, `${index}`.repeat(40)).replaceAll(commit.slice(0, 7), `${index}`.repeat(7)),
        out,
      );
      const file = join(golden, `edit.${format}.txt`);
      assert.equal(text, readFileSync(file, 'utf8'));
      if (format === 'human')
        assert.deepEqual(
          out.split('\n').filter((line) => line.length > 80),
          [],
        );
    });
  }
});

function changeFor(who: Identity, target: World['tools'][number], { base, head }: Record<'base' | 'head', World>) {
  const [before, after] = [base, head].map(({ access }) => decide(access, { who, target, at }).effect);
  if (before !== after) return after === 'allow' ? 'gains' : 'loses';
  const [was, is] = [base, head].map(({ access }) => entitlementOf(access, { who, target, at })) as [
    Entitlement,
    Entitlement,
  ];
  if (essence(was) === essence(is)) return null;
  return was.kind === 'some' && is.kind === 'some' && was.until !== is.until ? 'expiry' : 'condition';
}

describe('an edit that changes nothing', () => {
  it('is none, although files are split and moved, a role has another name and everything another order', async (context) => {
    const repository = await acmeRepository(context);
    const { folder, edit, commit } = repository;
    const [head = '', rest = ''] = readFileSync(join(folder, 'policies/access.yaml'), 'utf8').split(/^(?=robots:)/m);
    const [grants = '', guardrails = ''] = rest.split(/^(?=guardrails:)/m);
    const policy = (text: string) => `apiVersion: gatehouse/v1\n\n${text}`;
    writeFileSync(join(folder, 'policies/access.yaml'), head.replace(/^ {2}engineer:/m, '  developer:'));
    const lines = grants.replace('[engineer]', '[developer]').split('\n');
    const given = lines.filter((line) => line.startsWith('  - { to:'));
    const others = lines.filter((line) => !given.includes(line) && line !== 'grants:');
    writeFileSync(join(folder, 'policies/people.yaml'), policy(`# Moved.\ngrants:\n${given.reverse().join('\n')}\n`));
    writeFileSync(join(folder, 'policies/robots.yaml'), policy(others.join('\n')));
    writeFileSync(
      join(folder, 'policies/guardrails.yaml'),
      policy(
        guardrails
          .replace('no-robot-destruction', 'robots-destroy-nothing')
          .replace(
            'orders-stay-with-dba: { deny: [orders-db/update_*, orders-db/delete_*], except: group:dba }',
            'orders-kept: { deny: orders-db/delete_*, except: group:dba }\n  orders-stay-with-dba: { deny: orders-db/update_*, except: group:dba }',
          ),
      ),
    );
    edit('gateway.config.yaml', ['  notion:', '  # The wiki.\n  notion:']);
    commit();
    const plan = await planOf(repository);
    assert.deepEqual(
      { ...plan, base: '', head: '', at: '', access: null },
      {
        verdict: 'none',
        base: '',
        head: '',
        at: '',
        exact: true,
        access: null,
        exceeded: [],
        people: 0,
        changes: [],
        moreChanges: 0,
        guardrails: [],
        settings: [],
      },
    );
  });

  it('is none of one commit against itself, which ends with 0', async (context) => {
    const { code, out } = await (await acmeRepository(context)).plan('main..edited');
    assert.deepEqual([code, out.split('\n')[0]], [0, "none: nobody's access changes"]);
  });
});
