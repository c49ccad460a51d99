import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { decide } from '../../../src/access/decide.ts';
import type { WrittenSide } from '../../../src/access/difference-facts.ts';
import { entitlementsOf } from '../../../src/access/entitlements.ts';
import { isOneOf } from '../../../src/access/explain-caller.ts';
import { unusedIn } from '../../../src/access/unused.ts';
import type { CallGroup } from '../../../src/audit/replay/replay.ts';
import { pairOf } from '../../../src/cli/audit/trim-age.ts';
import { prove } from '../../../src/cli/audit/trim-proof.ts';
import { recordedCaller } from '../../../src/cli/plan/replay-caller.ts';
import { writtenSide } from '../../../src/cli/plan/sides.ts';
import { loadTree, type ReadFiles } from '../../../src/config/load.ts';
import { parse } from '../../../src/config/parse.ts';
import type { ReadFile } from '../../../src/config/read.ts';
import { type Random, random, randomIdentity } from '../../access/random-policy.ts';
import { folder } from '../../audit/log.ts';
import { put } from '../../config/tree.ts';
import { gatehouse } from '../console.ts';
import { type Files, locked, randomFiles } from './random-policy-files.ts';
import { type Use, writeUses } from './used-log.ts';

const to = Date.parse('2026-11-28T00:00:00Z');
const from = to - 10 * 86_400_000;
const targets = Object.entries(locked).flatMap(([server, tools]) =>
  Object.entries(tools).map(([tool, toolClass]) => ({ server, tool, class: toolClass })),
);
// A tool of a server without a lock, and one that came after the review.
const strays = [
  { server: 'crm', tool: 'get', class: 'read' },
  { server: 'db', tool: 'get_new', class: 'read' },
] as const;

for (const seed of [20270101, randomInt(2 ** 31)]) {
  test('whatever is trimmed, what was used is held as before, nobody gains, and nothing is left to trim', async (t) => {
    t.diagnostic(`seed ${seed}`);
    const dice = random(seed);
    const seen = new Map<string, number>();
    const count = (what: string, more = 1) => seen.set(what, (seen.get(what) ?? 0) + more);
    for (let round = 0; round < 150; round += 1) {
      const base = soundFiles(dice);
      const narrow = dice.below(2) === 0;
      const calls = Array.from({ length: dice.below(12) }, () => randomCall(base.side, dice));
      const trimmed = await trim(base, calls, narrow);
      for (const { kind } of trimmed.edits) count(kind);
      count('kept', trimmed.kept.length);
      const told = JSON.stringify({ seed, round });
      const files = Object.fromEntries(trimmed.files.map(({ name, after }) => [name, after]));
      const head = opened({ ...base.files, ...files });
      assert(head !== null, told);
      const [was, is] = [base.side.world.access, head.side.world.access];
      for (const call of calls) {
        const question = { who: recordedCaller(call), target: { ...call, class: call.risk }, at: to };
        assert.equal(decide(is, question).effect, decide(was, question).effect, `${told} ${JSON.stringify(call)}`);
      }
      const callers = Array.from({ length: 15 }, () => randomIdentity(dice));
      const questions = callers.flatMap((who) => [...targets, ...strays].map((target) => ({ who, target, at: to })));
      for (const question of questions) {
        const [before, after] = [was, is].map((access) => decide(access, question).effect);
        assert(before === 'allow' || after === 'deny', `${told} ${JSON.stringify(question)}`);
        if (before !== after) count('lost');
      }
      assert.deepEqual((await trim(head, calls, narrow)).edits, [], told);
    }
    t.diagnostic(JSON.stringify([...seen]));
    for (const kind of ['grant', 'granted-role', 'rule', 'target', 'glob', 'role', 'lost'])
      assert((seen.get(kind) ?? 0) > 0, kind);
  });
}

test('what the command finds in a log is what asking about each call finds', async (t) => {
  const seed = randomInt(2 ** 31);
  t.diagnostic(`seed ${seed}`);
  const dice = random(seed);
  for (let round = 0; round < 3; round += 1) {
    const base = soundFiles(dice);
    const calls = Array.from({ length: 40 }, () => randomCall(base.side, dice)).filter(
      ({ decision }) => decision === 'allow',
    );
    // Every fourth was made before the days begin.
    const recent = calls.filter((_, index) => index % 4 > 0);
    const uses = calls.map((call): Use => {
      const who = call.actorType === 'robot' ? `robot:${call.actor}` : call.actor;
      const day = recent.includes(call) ? '2026-11-20' : '2026-11-10';
      return [day, `${who} ${call.groups.join() || '-'} ${call.server}/${call.tool} ${call.risk}`];
    });
    const cwd = folder(t);
    for (const [name, text] of Object.entries(base.files)) await put(join(cwd, name), text);
    await writeUses(t, join(cwd, 'log'), [['2026-11-01', 'eve - crm/get'], ...uses.sort()]);
    const { out, err } = await gatehouse(
      'audit trim --days 10 --until 2026-11-27 --dir log --format json --narrow',
      cwd,
    );
    const told = JSON.parse(out || `"${err}"`).edits.map(({ kind, what, line }: Record<string, string>) => [
      kind,
      what,
      line,
    ]);
    const { edits } = await trim(base, recent, true);
    const expected = edits.map(({ kind, name, at }) => [kind, name, at.line]);
    assert.deepEqual(told, expected, JSON.stringify({ seed, round }));
  }
});

/** Not every random policy is one that check accepts. */
function soundFiles(dice: Random): Opened {
  return opened(randomFiles(dice)) ?? soundFiles(dice);
}

interface Opened {
  readonly files: Files;
  readonly tree: ReadFiles;
  readonly side: WrittenSide;
}

function opened(files: Files): Opened | null {
  const base = '/nowhere';
  const read = Object.entries(files).map(([name, text]): ReadFile => {
    const kind = name === 'gateway.config.yaml' ? 'gateway' : name.endsWith('.json') ? 'lock' : 'policy';
    return { name, kind, path: resolve(base, name), bytes: Buffer.from(text) };
  });
  const roots = { config: resolve(base, 'gateway.config.yaml'), policies: resolve(base, 'policies') };
  const tree = { files: read, roots, problems: [] };
  const { linked, source } = loadTree(tree);
  if (linked === null || source === null) return null;
  return { files, tree, side: writtenSide({ hash: '', git: null, ...linked }, source) };
}

/** As the log would hold it. */
function randomCall({ world }: WrittenSide, dice: Random): CallGroup {
  const who = randomIdentity(dice);
  const target = dice.pick([...targets, ...strays]);
  const { effect } = decide(world.access, { who, target, at: to - 1 });
  return {
    ...{ actor: who.user || who.subject, actorType: who.kind === 'robot' ? 'robot' : 'human', email: who.email },
    ...{ groups: who.claims, server: target.server, tool: target.tool, risk: target.class },
    ...{ decision: effect, calls: 1, last: to - 1 },
  };
}

/** What the command does between the log and the patch. */
function trim({ tree, side }: Opened, calls: readonly CallGroup[], narrow: boolean) {
  const { world } = side;
  const allowed = calls.filter(({ decision }) => decision === 'allow');
  const dormant = new Set(
    entitlementsOf(world, to).flatMap(({ subject, kind, name, ...tool }) => {
      const pattern = { kind, name } as Parameters<typeof isOneOf>[0];
      const isUsed = allowed.some(
        (call) =>
          call.server === tool.server &&
          call.tool === tool.tool &&
          isOneOf(pattern, recordedCaller(call), world.configuration.policy),
      );
      return isUsed ? [] : [pairOf(subject, tool)];
    }),
  );
  const sources = tree.files.flatMap(({ kind, name, bytes }) =>
    kind === 'policy' ? (parse(name, bytes).source ?? []) : [],
  );
  const isUsed = (subject: string, tool: { server: string; tool: string }) => !dormant.has(pairOf(subject, tool));
  const { unused } = unusedIn({ world, sources, from, to, isUsed, narrow });
  return prove(unused, { tree, side, calls, tests: [], base: '/nowhere', at: to });
}
