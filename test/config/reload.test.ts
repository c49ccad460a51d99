import assert from 'node:assert/strict';
import { mkdir, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { load } from '../../src/config/load.ts';
import type { Problem } from '../../src/config/problem.ts';
import { createReloader, type Reloader, type ReloadParts } from '../../src/config/reload.ts';
import { fileOperations } from './operations/files.ts';
import { folderOperations } from './operations/folders.ts';
import { gitOperations } from './operations/git.ts';
import { linkOperations } from './operations/links.ts';
import type { DeployOperation } from './operations/operation.ts';
import { refusedOperations } from './operations/refused.ts';
import { gatewayYaml, grantsYaml, put, putPolicies, temporaryFolder } from './tree.ts';

/** The poll is off, so that what converges converges because the change was heard. */
const timing = { pollMs: 3_600_000, removalWaitMs: 300 };
const patienceMs = 60_000;
const startMs = 300;

/** Hears nothing in time, so that only `reloadNow` reads. */
const deaf = { timing: { ...timing, debounceMs: 3_600_000, debounceMaxMs: 3_600_000 } };

interface Stage {
  readonly path: string;
  readonly policies: string;
  readonly folder: string;
  readonly reloader: Reloader<string>;
  readonly swaps: string[];
  readonly rejections: (readonly Problem[])[];
}

async function stage(
  context: TestContext,
  lay: DeployOperation['lay'],
  more: Partial<ReloadParts<string>> = {},
): Promise<Stage> {
  // Folders above it, so that an operation can exchange the whole of it.
  const folder = join(await temporaryFolder(context), 'far', 'up', 'gateway');
  const path = join(folder, 'gateway.config.yaml');
  const policies = join(folder, 'policies');
  await mkdir(folder, { recursive: true });
  await put(path, gatewayYaml());
  await (lay ?? ((_, target) => putPolicies(target, 'one')))(folder, policies);
  const first = await load(path);
  assert.deepEqual(first.problems, []);
  const swaps: string[] = [];
  const rejections: (readonly Problem[])[] = [];
  const reloader = await createReloader({
    path,
    first,
    build: ({ hash }) => hash,
    log: { info: () => undefined, warn: () => undefined },
    onSwap: ({ current }) => swaps.push(current.snapshot),
    onReject: (problems) => rejections.push(problems),
    timing,
    ...more,
  });
  context.after(() => reloader.close());
  // The look that follows the start is over, so that nothing is found by it.
  await sleep(startMs);
  return { path, policies, folder, reloader, swaps, rejections };
}

async function until(condition: () => boolean, what: string): Promise<void> {
  const deadline = performance.now() + patienceMs;
  while (!condition()) {
    if (performance.now() > deadline) assert.fail(`not within ${patienceMs} ms: ${what}`);
    await sleep(10);
  }
}

async function play({ lay, run, end }: DeployOperation, context: TestContext): Promise<void> {
  const { path, policies, folder, reloader, rejections } = await stage(context, lay);
  const before = reloader.current();
  await run(folder, policies);
  const { hash } = await load(path);
  if (end === 'rejected') {
    await until(() => reloader.rejected().length > 0, 'the change is rejected');
    assert.equal(reloader.current(), before, 'a rejected change leaves everything as it was');
    assert.equal(rejections.length > 0, true);
    return;
  }
  if (end === 'unchanged') await sleep(400);
  await until(
    () => reloader.current().snapshot === hash && reloader.rejected().length === 0,
    'what the files say is in force',
  );
  if (end === 'unchanged') assert.equal(reloader.current().snapshot, before.snapshot);
  else assert.equal(reloader.current().number > 1, true);
}

const operations = {
  file: fileOperations,
  folder: folderOperations,
  link: linkOperations,
  git: gitOperations,
  'refused or nothing': refusedOperations,
};

describe('reload: deploy operations', { concurrency: 16 }, () => {
  for (const [title, list] of Object.entries(operations)) {
    for (const operation of list) it(`${title}: ${operation.name}`, (context) => play(operation, context));
  }
});

describe('reload', { concurrency: 12 }, () => {
  it('content that is the same again does not count as a new generation', async (context) => {
    const { policies, reloader } = await stage(context, undefined, deaf);
    await put(join(policies, 'grants.yaml'), grantsYaml('one'));
    assert.equal(await reloader.reloadNow(), 'unchanged');
    assert.equal(reloader.current().number, 1);
  });

  it('each change counts one generation and hands over the previous one', async (context) => {
    const { policies, reloader, swaps } = await stage(context, undefined, deaf);
    const { hash } = reloader.current().configuration;
    await put(join(policies, 'grants.yaml'), grantsYaml('two'));
    assert.equal(await reloader.reloadNow(), 'swapped');
    assert.equal(reloader.current().number, 2);
    assert.notEqual(reloader.current().snapshot, hash);
    assert.deepEqual(swaps, [reloader.current().snapshot]);
  });

  it('the same problems are told once, others again', async (context) => {
    const { policies, reloader, rejections } = await stage(context, undefined, deaf);
    await put(join(policies, 'grants.yaml'), 'a: [');
    await reloader.reloadNow();
    await reloader.reloadNow();
    assert.equal(rejections.length, 1);
    await put(join(policies, 'grants.yaml'), 'b: {');
    await reloader.reloadNow();
    assert.equal(rejections.length, 2);
  });

  it('a large removal that is undone in time never comes into force', async (context) => {
    const { policies, reloader, swaps } = await stage(context, undefined, {
      timing: { ...timing, removalWaitMs: 30_000 },
    });
    await put(join(policies, 'grants.yaml'), grantsYaml('two', 2));
    await sleep(500);
    assert.equal(reloader.current().number, 1);
    await put(join(policies, 'grants.yaml'), grantsYaml('two'));
    await until(() => swaps.length > 0, 'the whole file is in force');
    assert.equal(reloader.current().configuration.policy.grants.length, 11);
    assert.equal(swaps.length, 1);
  });

  it('a large removal that stays comes into force after the wait', async (context) => {
    const { policies, reloader } = await stage(context, undefined, { timing: { ...timing, removalWaitMs: 800 } });
    const begun = performance.now();
    await put(join(policies, 'grants.yaml'), grantsYaml('two', 2));
    await until(() => reloader.current().number === 2, 'the removal is in force');
    assert.equal(performance.now() - begun > 800, true);
  });

  it('a guardrail that is gone for a moment stays in force', async (context) => {
    const guarded = grantsYaml('one').replace('grants:', "guardrails: { calm: { deny: '*/*' } }\ngrants:");
    const lay: DeployOperation['lay'] = async (_, policies) => {
      await putPolicies(policies, 'one');
      await put(join(policies, 'grants.yaml'), guarded);
    };
    const { policies, reloader, swaps } = await stage(context, lay, { timing: { ...timing, removalWaitMs: 30_000 } });
    await put(join(policies, 'grants.yaml'), grantsYaml('one'));
    await sleep(500);
    assert.equal(reloader.current().number, 1);
    await put(join(policies, 'grants.yaml'), `${guarded}# more\n`);
    await until(() => swaps.length > 0, 'the whole file is in force');
    assert.equal(reloader.current().configuration.policy.guardrails.size, 1);
    assert.equal(swaps.length, 1);
  });

  it('a change that no watcher hears is found by the poll', async (context) => {
    const { folder, path, reloader } = await stage(context, undefined, { timing: { ...timing, pollMs: 200 } });
    const far = dirname(dirname(folder));
    await put(join(`${far}.next`, 'up', 'gateway', 'gateway.config.yaml'), gatewayYaml());
    await putPolicies(join(`${far}.next`, 'up', 'gateway', 'policies'), 'two');
    await rename(far, `${far}.previous`);
    await rename(`${far}.next`, far);
    const { hash } = await load(path);
    await until(() => reloader.current().snapshot === hash, 'what the files say is in force');
  });

  it('a lock that git never lets go of delays a change and does not stop it', async (context) => {
    const { folder, policies, reloader } = await stage(context, undefined, {
      timing: { ...deaf.timing, gitWaitMs: 300 },
    });
    await put(join(folder, '.git', 'index.lock'), '');
    await put(join(policies, 'grants.yaml'), grantsYaml('two'));
    const begun = performance.now();
    assert.equal(await reloader.reloadNow(), 'swapped');
    assert.equal(performance.now() - begun > 250, true);
  });

  it('what cannot be built is refused and the last snapshot stays', async (context) => {
    const build = (_: unknown, generation: number): string => {
      if (generation > 1) throw new Error('no room');
      return 'first';
    };
    const { policies, reloader } = await stage(context, undefined, { ...deaf, build });
    await put(join(policies, 'grants.yaml'), grantsYaml('two'));
    assert.equal(await reloader.reloadNow(), 'rejected');
    assert.equal(reloader.current().snapshot, 'first');
    assert.equal(reloader.rejected()[0]?.code, 'GH081');
  });

  it('a change of address asks for a restart', async (context) => {
    const { path, reloader } = await stage(context, undefined, deaf);
    await put(path, gatewayYaml('policies, admin_listen: "127.0.0.1:9999"'));
    assert.equal(await reloader.reloadNow(), 'rejected');
    assert.deepEqual(
      reloader.rejected().map(({ code }) => code),
      ['GH080'],
    );
  });

  it('what the log and the listener were begun with asks for a restart', async (context) => {
    const { path, reloader } = await stage(context, undefined, deaf);
    const settings = [
      'audit: { on_failure: allow }',
      'audit: { durability: flush }',
      'audit: { rotate_bytes: 65536 }',
      'audit: { anchor: [{ dir: heads }] }',
    ];
    for (const text of [...settings, 'limits: { connections_max: 5 }', 'limits: { audit_queue_max: 5 }']) {
      await put(path, `${gatewayYaml()}${text}\n`);
      assert.equal(await reloader.reloadNow(), 'rejected', text);
      assert.equal(reloader.rejected()[0]?.code, 'GH080', text);
    }
  });

  it('nothing is read after close', async (context) => {
    const { policies, reloader } = await stage(context, undefined);
    await reloader.close();
    await put(join(policies, 'grants.yaml'), grantsYaml('two'));
    await assert.rejects(reloader.reloadNow(), { name: 'AbortError' });
    assert.equal(reloader.current().number, 1);
  });
});
