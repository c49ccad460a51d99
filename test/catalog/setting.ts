import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { pino } from 'pino';
import { classOf } from '../../src/access/class.ts';
import { type Catalog, createCatalog } from '../../src/catalog/catalog.ts';
import type { CatalogView } from '../../src/catalog/tool.ts';
import type { Configuration, Limits, Server } from '../../src/config/configuration.ts';
import { limits, serverOf, stdio } from '../upstream/connect.ts';
import type { FakeUpstream } from './upstream.ts';

/** A catalog of servers whose answers the test gives. */
export interface Setting {
  readonly catalog: Catalog;
  readonly log: string[];
  /** Every view there was. */
  readonly views: CatalogView[];
  readonly upstreams: Record<string, FakeUpstream>;
  apply(servers: readonly Server[], bounds?: Partial<Limits>): void;
  /** Lets time pass, and what follows happen. */
  pass(ms: number): Promise<void>;
  names(): readonly string[];
  states(): Readonly<Record<string, string>>;
}

export function setUp(t: TestContext, upstreams: Record<string, FakeUpstream>, bounds: Partial<Limits> = {}): Setting {
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'] });
  const log: string[] = [];
  const views: CatalogView[] = [];
  const catalog = createCatalog({
    connectionFor: ({ name }) => upstreams[name] ?? assert.fail(name),
    classify: classOf,
    isOverridden: () => false,
    drifted: () => undefined,
    now: () => Date.now(),
    log: pino({ level: 'debug' }, { write: (line: string) => log.push(line) }),
    changed: (view) => views.push(view),
  });
  t.after(() => catalog.close());
  const setting: Setting = {
    catalog,
    log,
    views,
    upstreams,
    apply: (servers, more = bounds) =>
      catalog.apply({
        servers: new Map(servers.map((server) => [server.name, server])),
        limits: { ...limits, ...more },
        gateway: { lock: 'warn' },
        locks: new Map(),
      } as unknown as Configuration),
    async pass(ms) {
      t.mock.timers.tick(ms);
      await settle();
    },
    names: () => catalog.view().tools.map(({ exposed }) => exposed),
    states: () => Object.fromEntries(catalog.view().servers.map(({ server, state }) => [server, state])),
  };
  setting.apply(Object.keys(upstreams).map((name) => server(name)));
  return setting;
}

export function server(name: string, more: Partial<Server> = {}): Server {
  return serverOf(stdio('true'), { name, prefix: name, ...more });
}

export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
