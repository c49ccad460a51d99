import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toolsIn } from '../../src/access/universe.ts';
import type { ServerLock, ToolClass } from '../../src/config/configuration.ts';
import { place, server } from './policy.ts';

function lock(name: string, tools: Readonly<Record<string, ToolClass>>): ServerLock {
  const locked = Object.entries(tools).map(([tool, toolClass]) => ({
    name: tool,
    class: toolClass,
    sha256: '',
    definition: { name: tool, annotations: { readOnlyHint: true } },
  }));
  return { server: name, tools: new Map(locked.map((tool) => [tool.name, tool])), at: place(1) };
}

test('the universe is every locked tool, classed by the registry and else by its lock', () => {
  const servers = new Map([
    ['wiki', server({}, 'wiki')],
    ['db', server({ write: ['set_*'] }, 'db')],
    ['unlocked', server({ read: ['*'] }, 'unlocked')],
  ]);
  const locks = new Map([
    ['db', lock('db', { drop: 'destructive', set_all: 'destructive' })],
    ['wiki', lock('wiki', { search: 'read' })],
  ]);
  assert.deepEqual(toolsIn({ servers, locks }), [
    { server: 'db', tool: 'drop', class: 'destructive' },
    { server: 'db', tool: 'set_all', class: 'write' },
    { server: 'wiki', tool: 'search', class: 'read' },
  ]);
});
