import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compile } from '../../src/access/compile.ts';
import type { ServerState } from '../../src/catalog/tool.ts';
import { instructionsFor } from '../../src/endpoint/instructions.ts';
import { gateway, grant, person, policyOf, role } from '../access/policy.ts';
import { serverOf, stdio } from '../upstream/connect.ts';

/** What `ana`, who may reach `servers` but not `hidden`, is told. */
function told(
  states: Readonly<Record<string, ServerState['state']>>,
  describe = (name: string) => `About ${name}`,
): string {
  const names = Object.keys(states);
  const policy = policyOf({
    roles: [
      role(
        'some',
        names.filter((name) => name !== 'hidden').map((name) => ['read', `${name}/*`]),
      ),
    ],
    grants: [grant('user:ana', ['some'])],
  });
  const servers = new Map(
    names.map((name) => [name, serverOf(stdio('true'), { name, prefix: name, description: describe(name) })]),
  );
  const snapshot = { configuration: { gateway, servers, policy }, access: compile({ gateway, policy }) };
  const view = {
    servers: Object.entries(states).map(([server, state]) => ({ server, state, reason: 'secret', since: 0, tools: 0 })),
  };
  return instructionsFor(person('ana'), { snapshot, view, at: 0 } as never);
}

test('a caller is told of the servers they have rights on, and of no other', () => {
  const text = told({ notes: 'ready', hidden: 'absent' });
  assert.equal(text, 'acme gives access to 1 MCP server.\n- notes: About notes; tools named notes_*');
});

test('a caller without rights is told so', () => {
  assert.equal(told({ hidden: 'ready' }), 'acme: no tools are granted to you here yet.');
});

test('a server that cannot be reached is named first, and no reason of the network is given', () => {
  const text = told({ a: 'ready', b: 'absent', c: 'stale', d: 'pending' });
  assert.deepEqual(text.split('\n').slice(0, 4), [
    'acme gives access to 4 MCP servers.',
    'Not available at the moment: b (its tools are not listed).',
    'Not available at the moment: c (calls may fail).',
    'Not available at the moment: d (its tools are not listed).',
  ]);
  assert.doesNotMatch(text, /secret/);
});

test('what is too long for clients is cut between characters', () => {
  const names = Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`s${index}`, 'ready' as const]));
  const text = told(names, () => 'é€😀'.repeat(9));
  assert(Buffer.byteLength(text) <= 2_000);
  assert.match(text, /[^\ufffd]…$/);
});
