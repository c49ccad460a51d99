import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { pino } from 'pino';
import { classOf } from '../../src/access/class.ts';
import { type Catalog, createCatalog } from '../../src/catalog/catalog.ts';
import type { ToolDrift } from '../../src/catalog/pass-lock.ts';
import type { Configuration, GatewaySettings, Server, ServerLock, ToolClass } from '../../src/config/configuration.ts';
import { limitTable } from '../../src/config/limits.ts';
import { lockHash } from '../../src/config/lock-hash.ts';
import { overriddenClass } from '../../src/config/overridden-class.ts';
import { fakeUpstream } from './upstream.ts';

const at = { file: 'policies/lock/one.json', line: 1, col: 1 };

function tool(name: string, more = '', hints = '"readOnlyHint":true'): string {
  return `{"name":"${name}","annotations":{${hints}},"inputSchema":{"type":"object"}${more}}`;
}

function lockOf(tools: Readonly<Record<string, ToolClass>>, definition = tool): ServerLock {
  const entries = Object.entries(tools).map(([name, toolClass]) => {
    const parsed: unknown = JSON.parse(definition(name));
    return [name, { name, class: toolClass, sha256: lockHash(parsed), definition: parsed }] as const;
  });
  return { server: 'one', tools: new Map(entries), at };
}

interface Setting {
  readonly catalog: Catalog;
  readonly told: (readonly [server: string, drift: readonly ToolDrift[]])[];
  apply(mode: GatewaySettings['lock'], lock: ServerLock | null, classes?: Partial<Server['classes']>): Promise<void>;
  /** What the server offers from now on. */
  offer(...tools: readonly string[]): Promise<void>;
  /** Each tool served, with its class. */
  served(): Readonly<Record<string, string>>;
  counts(): readonly number[];
}

async function setUp(t: TestContext, ...tools: readonly string[]): Promise<Setting> {
  t.mock.timers.reset();
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const upstream = fakeUpstream();
  const told: Setting['told'] = [];
  const catalog = createCatalog({
    connectionFor: () => upstream,
    classify: classOf,
    isOverridden: (server, name) => overriddenClass(server, name) !== null,
    drifted: (server, drift) => told.push([server, drift]),
    changed: () => undefined,
    now: () => 0,
    log: pino({ level: 'silent' }),
  });
  t.after(() => catalog.close());
  let offered = tools;
  const answer = async (): Promise<void> => {
    upstream.asked.at(-1)?.tools(offered);
    await new Promise((resolve) => setImmediate(resolve));
  };
  return {
    catalog,
    told,
    async apply(lock, serverLock, classes = {}) {
      catalog.apply(configurationOf(lock, serverLock, classes));
      await answer();
    },
    async offer(...next) {
      offered = next;
      t.mock.timers.tick(500);
      catalog.refresh('one');
      await answer();
    },
    served: () => Object.fromEntries(catalog.view().tools.map(({ name, class: toolClass }) => [name, toolClass])),
    counts: () => catalog.view().servers.flatMap(({ tools: count, drifted, unlisted }) => [count, drifted, unlisted]),
  };
}

function configurationOf(
  lock: GatewaySettings['lock'],
  serverLock: ServerLock | null,
  classes: Partial<Server['classes']>,
): Configuration {
  const server = {
    ...{ name: 'one', prefix: 'one', timeoutMs: 1000, fingerprint: JSON.stringify(classes) },
    classes: { read: [], write: [], destructive: [], ...classes },
  };
  return {
    gateway: { lock },
    limits: Object.fromEntries(Object.entries(limitTable).map(([name, row]) => [name, row.default])),
    servers: new Map([['one', server]]),
    locks: new Map(serverLock === null ? [] : [['one', serverLock]]),
  } as unknown as Configuration;
}

test('strict hides the changed and the new tool, and no other', async (t) => {
  const setting = await setUp(t, tool('a'), tool('b', ',"description":"b"'), tool('c'));
  await setting.apply('strict', lockOf({ a: 'read', b: 'read', gone: 'read' }));
  assert.deepEqual(setting.served(), { a: 'read' });
  assert.equal(setting.catalog.view().byExposed.has('one_b'), false);
  assert.deepEqual(setting.counts(), [1, 1, 1]);
  assert.deepEqual(
    setting.told.map(([server, drift]) => [server, drift.map((one) => [one.tool, one.kind, one.grade, one.hidden])]),
    [
      [
        'one',
        [
          ['b', 'changed', 'prose', true],
          ['c', 'unlisted', null, true],
        ],
      ],
    ],
  );
});

test('strict without a lock hides everything and says so', async (t) => {
  const setting = await setUp(t, tool('a'));
  await setting.apply('strict', null);
  assert.deepEqual([setting.served(), setting.counts(), setting.told.length], [{}, [0, 0, 1], 1]);
});

test('warn serves the unchanged by the lock, the new by its annotations, and the changed by the more severe', async (t) => {
  const [mild, severe] = ['"readOnlyHint":true', '"destructiveHint":true'];
  const setting = await setUp(t, tool('same'), tool('milder', '', mild), tool('worse', '', severe), tool('new'));
  const before = (name: string): string => tool(name, '', name === 'milder' ? severe : mild);
  await setting.apply('warn', lockOf({ same: 'write', milder: 'destructive', worse: 'read' }, before));
  assert.deepEqual(setting.served(), { same: 'write', milder: 'destructive', worse: 'destructive', new: 'read' });
  assert.deepEqual(setting.counts(), [4, 2, 1]);
});

test('a server that was never locked is counted in warn, and told of to nobody', async (t) => {
  const setting = await setUp(t, tool('a'), tool('b'));
  await setting.apply('warn', null);
  assert.deepEqual([setting.served(), setting.counts()], [{ a: 'read', b: 'read' }, [2, 0, 2]]);
  assert.deepEqual(setting.told, []);
});

test('off does not look', async (t) => {
  const setting = await setUp(t, tool('a', '', '"destructiveHint":true'));
  await setting.apply('off', lockOf({ a: 'read', b: 'read' }));
  assert.deepEqual([setting.served(), setting.counts()], [{ a: 'destructive' }, [1, 0, 0]]);
  assert.deepEqual(setting.told, []);
});

test('the registry’s override goes before the lock', async (t) => {
  const setting = await setUp(t, tool('a'), tool('b', ',"title":"B"'));
  await setting.apply('warn', lockOf({ a: 'read', b: 'destructive' }), { write: ['*'] });
  assert.deepEqual(setting.served(), { a: 'write', b: 'write' });
  const [[, drift] = ['', []]] = setting.told;
  assert.deepEqual(
    drift.map(({ tool: name, grade }) => [name, grade]),
    [['b', 'prose']],
  );
});

test('each change is told once, whatever else happens', async (t) => {
  const lock = lockOf({ a: 'read', b: 'read' });
  const setting = await setUp(t, tool('a'), tool('b'));
  const names = (): readonly string[] => setting.told.map(([, drift]) => drift.map((one) => one.tool).join());
  await setting.apply('warn', lock);
  assert.deepEqual(names(), []);
  await setting.offer(tool('a', ',"title":"A"'), tool('b'));
  await setting.offer(tool('a', ',"title":"A"'), tool('b'));
  await setting.apply('warn', lockOf({ a: 'read', b: 'read' }));
  setting.catalog.lost('one', 'gone');
  assert.deepEqual(names(), ['a']);
  await setting.offer(tool('a', ',"title":"A"'), tool('b', ',"title":"B"'));
  await setting.offer(tool('a', ',"title":"AA"'), tool('b', ',"title":"B"'));
  assert.deepEqual(names(), ['a', 'b', 'a']);
});

test('a reload puts a new lock and a new mode in force without asking the server again', async (t) => {
  const setting = await setUp(t, tool('a'), tool('b'));
  await setting.apply('warn', null);
  setting.catalog.apply(configurationOf('strict', lockOf({ a: 'write' }), {}));
  assert.deepEqual(setting.served(), { a: 'write' });
  setting.catalog.apply(configurationOf('off', null, {}));
  assert.deepEqual(setting.served(), { a: 'read', b: 'read' });
});

test('what nobody can see is taken out in every mode, and is drift all the same', async (t) => {
  const hidden = ',"description":"Look\\u200b here\u{e0041}","x":12345678901234567890';
  for (const mode of ['strict', 'warn', 'off'] as const) {
    const setting = await setUp(t, tool('a', hidden));
    await setting.apply(
      mode,
      lockOf({ a: 'read' }, (name) => tool(name, hidden)),
    );
    const text = setting.catalog.view().byExposed.get('one_a')?.definition.modern.toString();
    assert.equal(text, tool('one_a', ',"description":"Look here","x":12345678901234567890'));
    if (mode === 'off') continue;
    assert.deepEqual(setting.counts(), [1, 0, 0]);
    await setting.offer(tool('a', hidden.replace('\\u200b', '')));
    assert.equal(setting.told.length, 1);
  }
});
