import assert from 'node:assert/strict';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { put, temporaryFolder } from '../config/tree.ts';
import { acme, gatehouse } from './console.ts';

async function copyOfAcme(context: TestContext): Promise<string> {
  const folder = await temporaryFolder(context);
  await cp(acme, folder, { recursive: true });
  return folder;
}

const at = '--at 2026-12-01';
const head = 'apiVersion: gatehouse/v1\n';

describe('gatehouse test', () => {
  it('taking any guardrail out of the example makes a test fail', async (context) => {
    const folder = await copyOfAcme(context);
    const path = join(folder, 'policies', 'access.yaml');
    const whole = await readFile(path, 'utf8');
    const guardrails = whole.match(/^ {2}[a-z-]+: \{ deny: .*\n/gm) ?? [];
    assert.equal(guardrails.length, 3);
    for (const line of guardrails) {
      const rest = whole.replace(line, '');
      await writeFile(path, rest);
      // A test that names a guardrail which is gone is a problem of the file, and no less a refusal.
      const { code } = await gatehouse(`test ${at}`, folder);
      assert.notEqual(code, 0, line);
    }
  });

  it('names the parts that no test misses, and fails for them', async (context) => {
    const folder = await copyOfAcme(context);
    const test = '{ name: a, as: user:raj@acme.co, allow: orders-db/get_order }';
    await put(join(folder, 'one.test.yaml'), `${head}tests: [${test}]\n`);
    const { code, out } = await gatehouse(`test one.test.yaml --coverage --mutate ${at}`, folder);
    assert.equal(code, 1);
    assert.match(out, /^1 passed, 0 failed\n\n1 of 17 rules, guardrails and conditions decided a test\n/);
    assert.match(out, /no test touches {2}rule order-keeper: any orders-db\/update_order, orders-db\/delete_order\n/);
    assert.match(out, /no test misses {2}guardrail no-robot-destruction\n {4}policies\/access\.yaml:77\n/);
  });

  it('leaves mutants out while tests fail', async () => {
    const { code, err } = await gatehouse(`test ../../test/fixtures/acme/wrong.test.yaml --mutate ${at}`, acme);
    assert.deepEqual([code, err], [1, '--mutate is left out: it needs tests that pass\n']);
  });

  it('tells the problems of a test file and runs none of it', async (context) => {
    const folder = await copyOfAcme(context);
    const test = '{ name: a, as: user:raj@acme.co, allow: orders-db/get_ordre }';
    await put(join(folder, 'policies', 'more', 'b.test.yaml'), `${head}tests: [${test}]\n`);
    const { code, out, err } = await gatehouse(`test ${at}`, folder);
    assert.deepEqual([code, out], [2, '']);
    assert.match(err, /^policies\/more\/b\.test\.yaml\n {2}2:\d+ {2}error GH090\n/);
  });

  it('says when there is no test at all', async (context) => {
    const folder = await temporaryFolder(context);
    await cp(acme, folder, { recursive: true, filter: (path) => !path.endsWith('.test.yaml') });
    const { code, err } = await gatehouse('test', folder);
    assert.match(err, /there is no \*\.test\.yaml in policies\//);
    assert.equal(code, 2);
  });

  it('github: tells the worst nine and how many more there are', async (context) => {
    const folder = await copyOfAcme(context);
    const tests = Array.from({ length: 12 }, (_, index) => {
      const wrong = index === 11 ? 'deny: orders-db/delete_order' : 'allow: notion/search';
      return `  - { name: "${index}, 100%", as: user:raj@acme.co, ${wrong} }\n`;
    });
    await put(join(folder, 'many.test.yaml'), `${head}tests:\n${tests.join('')}`);
    const { out } = await gatehouse(`test many.test.yaml --format github ${at}`, folder);
    const lines = out.trimEnd().split('\n');
    assert.equal(lines.length, 10);
    assert.match(
      lines[0] ?? '',
      /^::error file=many\.test\.yaml,line=14,col=5,title=11%2C 100%25::orders-db\/delete_order/,
    );
    assert.equal(lines[9], '::error title=gatehouse test::+3 more');
  });

  it('junit: is XML whatever names hold, and tells the worst nine tools of a case', async (context) => {
    const folder = await copyOfAcme(context);
    await put(join(folder, 'odd.test.yaml'), `${head}tests: [{ name: 'a "b" <c> & d', as: user:x, allow: "*/*" }]\n`);
    const { code, out } = await gatehouse(`test odd.test.yaml --format junit ${at}`, folder);
    assert.equal(code, 1);
    assert.match(out, /<testcase name="a &quot;b&quot; &lt;c&gt; &amp; d" /);
    assert.equal(out.match(/expected allow/g)?.length, 10);
    assert.match(out, /\n\+8 more<\/failure>/);
  });
});
