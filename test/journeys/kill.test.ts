import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startEchoUpstream } from './echo-upstream.ts';
import { freePort, gatehouse, serve } from './gateway-process.ts';
import { callModern } from './modern-caller.ts';

/** `KILLS=200` in the environment makes it a longer proof. */
const kills = Number(process.env['KILLS'] ?? 40);
const callers = 16;
/** A cold process needs the first 150 of these to answer at all. */
const loadMs = { least: 50, most: 550 };

test(`no answered call is missing from the log after ${kills} kills under load`, { timeout: 900_000 }, async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'gatehouse-kill-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  const config = await writeFiles(dir, await startEchoUpstream(t, ['echo']));
  const port = await freePort();
  const words = ['--config', config, '--var', join(dir, 'var'), '--log', 'error'];

  const answered: string[] = [];
  for (let round = 0; round < kills; round += 1) {
    const gateway = await serve(t, port, words);
    const load = Array.from({ length: callers }, (_, caller) =>
      callUntilBroken(gateway.url, `${round}-${caller}`, answered),
    );
    await sleep(loadMs.least + Math.random() * (loadMs.most - loadMs.least));
    gateway.signal('SIGKILL');
    assert.equal(await gateway.ended, null);
    await Promise.all(load);
  }
  const last = await serve(t, port, words);
  last.signal('SIGTERM');
  assert.equal(await last.ended, 0);

  const verified = await gatehouse(['audit', 'verify', '--var', join(dir, 'var')]);
  assert.deepEqual([verified.code, verified.err], [0, ''], verified.out);
  const chains = await readChains(join(dir, 'var/audit'));
  assert.equal(chains.length, kills + 1);
  const kept = new Set(
    chains.flatMap(({ records }) => records.filter(isAnswer).map(({ req }) => JSON.parse(req ?? ''))),
  );
  t.diagnostic(`${answered.length} answered calls, ${kept.size} in the log, ${chains.length} starts`);
  assert(answered.length > kills * callers, `only ${answered.length} calls were answered`);
  assert.deepEqual(
    answered.filter((id) => !kept.has(id)),
    [],
  );
  assertLinked(chains);
});

async function writeFiles(dir: string, upstream: string): Promise<string> {
  await mkdir(join(dir, 'policies'));
  await writeFile(
    join(dir, 'gateway.config.yaml'),
    `apiVersion: gatehouse/v1
gateway: { name: kill }
identity: { local: { user: you@localhost, groups: [] } }
audit: { durability: sync }
servers: { raw: { url: "${upstream}", protocol: modern } }
`,
  );
  await writeFile(
    join(dir, 'policies/access.yaml'),
    `apiVersion: gatehouse/v1
roles: { caller: { description: Calls, allow: [{ read: raw/echo }] } }
grants: [{ to: everyone, roles: [caller] }]
`,
  );
  return join(dir, 'gateway.config.yaml');
}

/** Calls one after the other; the id of each call whose whole answer arrived is kept. */
async function callUntilBroken(url: URL, caller: string, answered: string[]): Promise<void> {
  for (let n = 0; ; n += 1) {
    const id = `${caller}-${n}`;
    const answer = await callModern({ url, id, tool: 'raw_echo', arguments: { n } }).catch(() => null);
    if (answer === null) return;
    assert.deepEqual([answer.status, answer.message.error], [200, undefined]);
    answered.push(id);
  }
}

interface LogRecord {
  readonly seq: number;
  readonly ts: string;
  readonly ev: string;
  /** JSON text. */
  readonly req?: string;
  readonly outcome?: string;
  readonly detail?: { readonly prev_writer?: string; readonly prev_seq?: number; readonly prev_head?: string };
}

/** All that one start of the gateway wrote. */
interface Chain {
  readonly writer: string;
  readonly records: readonly LogRecord[];
  /** SHA-256 of the last whole line. */
  readonly head: string;
}

/** In the order the gateways were started. A line that was not finished was not kept. */
async function readChains(auditDir: string): Promise<readonly Chain[]> {
  const files = (await readdir(auditDir, { recursive: true })).filter((file) => file.endsWith('.jsonl'));
  const chains = await Promise.all(
    files.map(async (file) => {
      const lines = (await readFile(join(auditDir, file), 'utf8')).split('\n').slice(0, -1);
      const records = lines.map((line) => JSON.parse(line) as LogRecord);
      const writer = /([^/]+)-\d{6}\.jsonl$/.exec(file)?.[1] ?? '';
      return { writer, records, head: hash('sha256', lines.at(-1) ?? '', 'base64url') };
    }),
  );
  return chains.sort((a, b) => ((a.records[0]?.ts ?? '') < (b.records[0]?.ts ?? '') ? -1 : 1));
}

function isAnswer({ ev, outcome }: LogRecord): boolean {
  return ev === 'tool.call' && outcome === 'ok';
}

function assertLinked(chains: readonly Chain[]): void {
  for (const [index, { records }] of chains.entries()) {
    const before = chains[index - 1];
    assert.equal(records[0]?.ev, 'gateway.start');
    const { prev_writer, prev_seq, prev_head } = records[0].detail ?? {};
    const expected = before && [before.writer, before.records.at(-1)?.seq, before.head];
    assert.deepEqual([prev_writer, prev_seq, prev_head], expected ?? [undefined, undefined, undefined]);
  }
}
