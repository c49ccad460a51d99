import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Entitlement } from '../../src/access/entitlement.ts';
import { shownTool } from '../../src/calls/shown-tool.ts';
import type { CatalogTool } from '../../src/catalog/tool.ts';
import type { Condition } from '../../src/config/configuration.ts';
import { condition, place } from '../access/policy.ts';

const text = '{"name":"t","description":"Does it.","inputSchema":{"type":"object"},"x":1e400}';
const tool: CatalogTool = {
  server: 's',
  name: 't',
  exposed: 't',
  class: 'read',
  definition: { legacy: Buffer.from(text), modern: Buffer.from(text.replace('1e400', '1.0')) },
  hash: 'upstream',
  headerParams: [],
  wrapsOutput: false,
};
const decision = { effect: 'allow', role: 'r', rule: place(1), grant: place(2), ticket: '', until: null } as const;

function shown(conditions: readonly (Condition | null)[], except: readonly Condition[] = []) {
  const entitled = { kind: 'some', conditions, except, until: null, decision } as const satisfies Entitlement;
  const { hash, definition } = shownTool(tool, entitled);
  const { description, inputSchema } = JSON.parse(definition.modern.toString());
  return { hash, definition, description, schema: JSON.stringify(inputSchema) };
}

const small = condition({ args: { properties: { n: { maximum: 5 } }, required: ['n'] } });
const smaller = condition({ args: { properties: { n: { maximum: 3 } }, required: ['n'] } });
const near = condition({ when: 'args.near\n  == true' });
const both = condition({ args: small.args, when: 'args.near == true' });

describe('a tool in a list', () => {
  it('is the very same where every call is allowed', () => {
    const { hash, definition } = shown([null]);
    assert.deepEqual([hash, definition], ['upstream', tool.definition]);
  });

  it('has the schema laid over only where every way to be allowed restricts the arguments', () => {
    assert.match(shown([small]).schema, /"maximum":5.*"required":\["n"\]/);
    assert.equal(shown([small, near]).schema, '{"type":"object"}');
    assert.match(shown([small, both]).schema, /"maximum":5/);
  });

  it('tells in a sentence what only expressions tell', () => {
    assert.equal(shown([small]).description, 'Does it.');
    assert.equal(shown([near]).description, 'Does it.\n\nAllowed only when args.near == true.');
    assert.equal(
      shown([near, both], [near]).description,
      'Does it.\n\nAllowed only when args.near == true. Denied when args.near == true.',
    );
    const far = condition({ when: 'args.far' });
    assert.match(shown([near, far]).description, /Allowed only when args.near == true, or when args.far.$/);
    assert.equal(shown([near, small]).description, 'Does it.', 'the one without an expression needs none');
    assert.equal(shown([null], [both]).description, 'Does it.', 'a guardrail that looks at more is not told in part');
    assert.equal(
      shown([condition({ when: `args.x == "${'y'.repeat(500)}"` })]).description.length,
      'Does it.\n\nAllowed only when .'.length + 201,
    );
  });

  it('keeps every other byte, in either era', () => {
    const { definition } = shown([small]);
    assert.ok(definition.legacy.toString().startsWith('{"name":"t","description":"Does it.","inputSchema":{'));
    assert.ok(definition.legacy.toString().endsWith('},"x":1e400}'));
    assert.notDeepEqual(definition.legacy, definition.modern);
  });

  it('counts as another tool when other conditions are shown', () => {
    const hashes = [[null], [small], [smaller], [near], [both]].map((conditions) => shown(conditions).hash);
    assert.equal(new Set([...hashes, shown([null], [near]).hash]).size, 6);
    assert.equal(shown([small]).hash, shown([small]).hash);
  });
});
