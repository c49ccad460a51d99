import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compileCondition, type Met } from '../../src/condition/condition.ts';

const principal = { kind: 'person', name: 'lea@acme.co', email: '', groups: [] } as const;

function askWhen(when: string, args: unknown): Met {
  return compileCondition({ args: null, when })({ args, principal, now: 0 });
}

function askArgs(schema: object, args: unknown): Met {
  return compileCondition({ args: schema, when: null })({ args, principal, now: 0 });
}

function failedFor(name: string): Met {
  const detail = `the arguments hold a name that differs from ${name} only in case`;
  return { kind: 'failed', detail };
}

/** A server may take one for the other; a guardrail that asks for `repo` must not be walked round with `Repo`. */
describe('a name in other letters than the condition asks for', () => {
  for (const [when, args, name] of [
    ['has(args.repo) && args.repo == "billing"', { Repo: 'billing' }, 'repo'],
    ['!has(args.repo)', { REPO: 'billing' }, 'repo'],
    ['"repo" in args && args["repo"] == "x"', { repO: 'x' }, 'repo'],
    ['"force" in args', { Force: true }, 'force'],
    ['has(args.head.sha)', { head: { Sha: 'x' } }, 'sha'],
    ['args.items[0].key == "x"', { items: [{ Key: 'x' }] }, 'key'],
    ['has(args.mask)', { 'ma\u017fk': 1 }, 'mask'],
  ] as const) {
    it(`cannot be told: ${when}`, () => assert.deepEqual(askWhen(when, args), failedFor(name)));
  }

  it('cannot be told in a schema', () => {
    assert.deepEqual(askArgs({ required: ['repo'] }, { Repo: 1 }), failedFor('repo'));
    const inner = { properties: { list: { items: { properties: { key: { const: 'x' } } } } } };
    assert.deepEqual(askArgs(inner, { list: [{ key: 'x' }, { KEY: 'y' }] }), failedFor('key'));
  });

  it('is left alone where the condition does not ask for it', () => {
    const met = { kind: 'met' };
    assert.deepEqual(askWhen('args.title == "x"', { title: 'x', properties: { Title: {} } }), met);
    assert.deepEqual(askWhen('principal.name != ""', { Name: 'x' }), met);
    assert.deepEqual(askArgs({ properties: { a: { properties: { b: {} } } } }, { a: 1, B: 2 }), met);
    assert.deepEqual(askArgs({ properties: { a: true } }, { a: { A: 1 } }), met);
  });
});
