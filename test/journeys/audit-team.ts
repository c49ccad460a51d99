import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { TestContext } from 'node:test';
import { loadKeys } from '../../src/audit/keys.ts';
import type { AuditEvent } from '../../src/audit/record/event.ts';
import { folder, openLog } from '../audit/log.ts';
import { startEchoUpstream } from './echo-upstream.ts';
import { freePort, gatehouse, startGateway } from './gateway-process.ts';
import { callModern } from './modern-caller.ts';

const MAIN = resolve('dist/main.js');
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const GRANT = 'analyst policies/access.yaml:9';

/** The folder of a team whose gateway has run since September, with `gatehouse` in its `bin`; removed after the test. */
export async function createTeam(t: TestContext): Promise<string> {
  const cwd = folder(t);
  const warehouse = await startEchoUpstream(t, ['query', 'export', 'forecast']);
  writeFiles(cwd, warehouse);
  const installation = { main: MAIN, cwd };
  const locked = await gatehouse(['lock', '--write'], installation);
  if (locked.code !== 0) throw new Error(locked.err);
  git(cwd, ['init', '--quiet', '--initial-branch=main']);
  const first = commit(cwd, { at: '2026-09-01T08:00:00Z', author: 'Ana', message: 'Begin' });
  writeFileSync(join(cwd, 'policies/access.yaml'), policy('query, warehouse/export'));
  const message = 'Let analysts export\n\nReviewed-by: Ana Ruiz <ana@acme.co>';
  const second = commit(cwd, { at: '2026-10-07T09:00:00Z', author: 'Ben', message });
  await writeHistory(t, cwd, [first, second]);
  const gateway = await startGateway(await freePort(), [], installation);
  try {
    for (const [id, tool] of ['query', 'query', 'forecast'].entries())
      await callModern({ url: gateway.url, id: String(id), tool: `warehouse_${tool}`, arguments: { n: id } });
    gateway.signal('SIGTERM');
    await gateway.ended;
  } finally {
    await gateway.end();
  }
  return cwd;
}

function writeFiles(cwd: string, warehouse: string): void {
  for (const name of ['policies', 'bin']) mkdirSync(join(cwd, name));
  writeFileSync(join(cwd, '.gitignore'), 'var/\nbin/\n*.txt\n*.pub\n');
  writeFileSync(
    join(cwd, 'gateway.config.yaml'),
    `apiVersion: gatehouse/v1
gateway: { name: acme, environment: prod, policies: policies }
identity: { local: { user: maya@acme.co, groups: [analysts] } }
audit: { dir: var/audit }
servers:
  warehouse: { url: "${warehouse}" }
`,
  );
  writeFileSync(join(cwd, 'policies/access.yaml'), policy('query'));
  writeFileSync(join(cwd, 'bin/gatehouse'), `#!/bin/sh\nexec "${process.execPath}" "${MAIN}" "$@"\n`);
  chmodSync(join(cwd, 'bin/gatehouse'), 0o755);
}

function policy(tools: string): string {
  return `apiVersion: gatehouse/v1
groups:
  analysts: { claim: analysts }
roles:
  analyst:
    allow:
      - read: [warehouse/${tools}]
grants:
  - { to: group:analysts, roles: [analyst] }
`;
}

interface Commit {
  readonly at: string;
  readonly author: string;
  readonly message: string;
}

/** Returns its id. */
function commit(cwd: string, { at, author, message }: Commit): string {
  git(cwd, ['add', '.']);
  const who = [`user.name=${author}`, `user.email=${author.toLowerCase()}@acme.co`].flatMap((one) => ['-c', one]);
  git(cwd, [...who, 'commit', '--quiet', '--message', message], { GIT_AUTHOR_DATE: at, GIT_COMMITTER_DATE: at });
  return git(cwd, ['rev-parse', 'HEAD']).trim();
}

function git(cwd: string, args: readonly string[], more: Readonly<Record<string, string>> = {}): string {
  const env = { ...process.env, ...more, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null' };
  return execFileSync('git', args, { cwd, env, encoding: 'utf8' });
}

/** Calls and changes since September, through the real writer; the last of them an hour ago. */
async function writeHistory(t: TestContext, cwd: string, [first, second]: readonly [string, string]): Promise<void> {
  const lastMs = Date.now() - HOUR_MS;
  const events = [
    ...days('2026-09-02T10:00:00Z', lastMs).map((at) => call('ana@acme.co', 'query', { at })),
    ...days('2026-09-02T11:00:00Z', Date.parse('2026-09-10')).map((at) => call('maya@acme.co', 'export', { at })),
    call('nightly', 'query', { at: new Date(lastMs), actor_type: 'robot', email: '', groups: [] }),
    call('zoe@acme.co', 'export', { at: new Date(lastMs), ...denied }),
    change('2026-09-01T08:05:00Z', { ev: 'gateway.start', cfg: 'a'.repeat(16), git: first }),
    change('2026-10-07T09:10:00Z', { ev: 'config.reload', cfg: 'b'.repeat(16), git: second, detail: granted(first) }),
    change('2026-10-20T15:00:00Z', { ev: 'config.reload', cfg: 'c'.repeat(16), detail: granted(second) }),
    change('2026-10-20T16:00:00Z', { ev: 'config.reject', cfg: 'd'.repeat(16), detail: { problems: ['GH101'] } }),
  ].toSorted((one, other) => Number(one.at) - Number(other.at));
  const clock = { now: events[0]?.at ?? new Date() };
  const keys = await loadKeys(join(cwd, 'var/keys'));
  const settings = { durability: 'flush' } as const;
  const log = await openLog(t, join(cwd, 'var/audit'), { settings, keys, now: () => clock.now });
  for (const event of events) {
    clock.now = event.at ?? clock.now;
    await log.record(event);
  }
  await log.close();
}

const denied: Partial<AuditEvent> = { groups: ['staff'], decision: 'deny', why: 'no_grant', outcome: 'denied' };

function days(from: string, untilMs: number): readonly Date[] {
  const fromMs = Date.parse(from);
  return Array.from({ length: Math.floor((untilMs - fromMs) / DAY_MS) + 1 }, (_, n) => new Date(fromMs + n * DAY_MS));
}

function call(actor: string, tool: string, more: Partial<AuditEvent>): AuditEvent {
  return {
    ...{ ev: 'tool.call', actor, actor_type: 'human', email: actor, groups: ['analysts'], ip: '10.0.0.1', auth: 'jwt' },
    ...{ server: 'warehouse', tool, tool_as: `warehouse_${tool}`, risk: 'read', outcome: 'ok', dur_ms: 12 },
    ...(more.decision === 'deny' ? {} : ({ decision: 'allow', rule: GRANT } as const)),
    ...more,
  };
}

function change(at: string, more: Pick<AuditEvent, 'ev' | 'cfg' | 'git' | 'detail'>): AuditEvent {
  return { at: new Date(at), actor_type: 'system', ...more };
}

function granted(before: string): NonNullable<AuditEvent['detail']> {
  return {
    old: { hash: 'a'.repeat(16), git: before },
    added: { grants: 0, rules: 1 },
    removed: { grants: 0, rules: 0 },
  };
}
