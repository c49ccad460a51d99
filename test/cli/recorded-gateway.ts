import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { pino } from 'pino';
import { load } from '../../src/config/load.ts';
import { startGateway } from '../../src/gateway.ts';
import { temporaryFolder } from '../config/tree.ts';
import { connect } from '../fixtures/client.ts';
import { type AuditRecord, readRecords } from '../fixtures/gateway.ts';
import { mintRobots, type TestRobots } from '../fixtures/robots.ts';
import { until } from '../fixtures/until.ts';
import { startUpstream, tool } from '../fixtures/upstream.ts';
import { emptyRepository, type Repository } from './plan/repository.ts';

/** A gateway over a real repository, whose policy is committed and whose log lies elsewhere. */
export interface RecordedGateway extends Repository {
  readonly log: string;
  /** Writes `policies/access.yaml`, commits it and waits until it is in force; resolves to the commit. */
  enact(policies: string): Promise<string>;
  /** Writes it, and leaves it to the gateway when to take it up. */
  write(policies: string): void;
  /** Writes it without a commit and waits until it is in force. */
  sneak(policies: string): Promise<void>;
  /** Calls a tool, as the robot or as the local user; resolves to the name of its record, `WRITER:SEQ`. */
  call(tool: string, args?: string, as?: 'bot' | 'spare'): Promise<string>;
  records(): Promise<readonly AuditRecord[]>;
  /** Tools the local user has now. */
  tools(): Promise<readonly string[]>;
  close(): Promise<void>;
}

const group = 'groups: { support: { claim: support } }\n';

interface More {
  /** How arguments are kept; default `full`. */
  readonly audit?: string;
  /** Of the gateway; default the test's. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/** The local user is `ana@acme.co` with the claim `support`. The server `db` has `get` and `put`, which read. */
export async function startRecorded(t: TestContext, policies: string, more: More = {}): Promise<RecordedGateway> {
  const { audit = 'full', environment = process.env } = more;
  const repository = await emptyRepository(t);
  const log = join(await temporaryFolder(t), 'audit');
  const upstream = await startUpstream(t, { tools: [tool('get'), tool('put')] });
  const robots: TestRobots<'bot' | 'spare'> = mintRobots('bot', 'spare');
  const put = (text: string) =>
    repository.put('policies/access.yaml', `apiVersion: gatehouse/v1\n${robots.yaml}${group}${text}`);
  repository.put(
    'gateway.config.yaml',
    `apiVersion: gatehouse/v1
gateway: { name: acme, listen: "127.0.0.1:0", admin_listen: "127.0.0.1:0" }
identity: { local: { user: ana@acme.co, groups: [support] } }
audit: { dir: ${JSON.stringify(log)}, arguments: ${audit} }
limits: { history_wait_ms: 60000 }
servers: { db: { url: ${JSON.stringify(upstream.url)} } }
`,
  );
  mkdirSync(join(repository.folder, 'policies'));
  put(policies);
  repository.commit();
  const path = join(repository.folder, 'gateway.config.yaml');
  const first = await load(path);
  if (first.configuration === null) throw new Error(JSON.stringify(first.problems));
  const gateway = await startGateway({ path, first, environment, log: pino({ level: 'silent' }) });
  let closing: Promise<void> | null = null;
  const close = () => (closing ??= gateway.close('test over'));
  t.after(close);
  const { host, port } = gateway.address;
  const url = new URL(`http://${host}:${port}/mcp`);
  const records = () => readRecords(log);
  const reloads = async () => (await records()).filter(({ ev }) => ev === 'config.reload').length;

  const tools = async () => (await connect('modern', { url })).names();

  return { ...repository, log, records, write: put, enact, sneak, call, tools, close };

  async function enact(text: string): Promise<string> {
    const before = await reloads();
    put(text);
    const commit = repository.commit();
    gateway.reload();
    await until(async () => (await reloads()) > before, 'the reload');
    return commit;
  }

  async function sneak(text: string): Promise<void> {
    const before = await reloads();
    put(text);
    gateway.reload();
    await until(async () => (await reloads()) > before, 'the reload');
  }

  async function call(name: string, args?: string, as?: 'bot' | 'spare'): Promise<string> {
    const client = await connect('modern', { url, ...(as && { key: robots.keys[as] }) });
    await client.call(name, args);
    const last = (await records()).findLast(({ ev }) => ev === 'tool.call');
    return `${last?.['writer']}:${last?.['seq']}`;
  }
}
