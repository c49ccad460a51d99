import assert from 'node:assert/strict';
import { test } from 'node:test';
import { acme, gatehouse } from './console.ts';

const denied = 'explain user:lea@acme.co orders-db/delete_order --groups support';
const at = '--at 2026-12-01';
const who = `who snowflake/run_query ${at}`;
const what = `what robot:nightly-report ${at}`;

test('a denial is an error at the guardrail that denies, in every format for machines', async () => {
  const said = (format: string) => gatehouse(`${denied} --format ${format}`, acme);
  const sarif = await said('sarif');
  const [{ results }] = JSON.parse(sarif.out).runs;
  assert.deepEqual([sarif.code, results.length, results[0].ruleId, results[0].level], [1, 1, 'denied', 'error']);
  assert.match(
    (await said('github')).out,
    /^::error file=policies\/access\.yaml,line=78,col=3,title=.*orders-stay-with-dba/,
  );
  assert.match((await said('junit')).out, /tests="1" failures="1"/);
  assert.match((await said('markdown')).out, /^<!-- gatehouse-check -->\n### gatehouse explain: deny: user:lea/);
});

test('what is allowed is a passed test case', async () => {
  const { code, out } = await gatehouse(`explain user:maria@acme.co snowflake/run_query ${at} --format junit`, acme);
  assert.equal(code, 0);
  assert.match(out, /tests="1" failures="0"/);
  assert.match(out, /<testcase name="user:maria@acme\.co -&gt; snowflake\/run_query"/);
});

test('a denial that no rule is the reason of stands at the server of the tool', async () => {
  const { out } = await gatehouse('explain user:lea@acme.co pylon/close_issue --format github', acme);
  assert.match(out, /^::error file=gateway\.config\.yaml,line=\d+/);
});

test('who and what tell each grant and each tool as a note, with its conditions and its end', async () => {
  const grants = await gatehouse(`${who} --format github`, acme);
  assert.equal(grants.code, 0);
  assert.match(
    grants.out,
    /^::notice file=policies\/access\.yaml,line=70,col=\d+,title=robot%3Anightly-report::role analyst%0Acalls whose/,
  );
  assert.match((await gatehouse(`${who} --format markdown`, acme)).out, /### gatehouse who: 3 grants of snowflake/);
  const { runs } = JSON.parse((await gatehouse(`${what} --format sarif`, acme)).out);
  const texts = runs[0].results.map(({ message }: { readonly message: { readonly text: string } }) => message.text);
  assert.match(texts.join(), /snowflake\/run_query\nwrite class, role analyst\nsome calls only\nuntil 2027-03-02/);
  assert.match((await gatehouse(`${what} --format junit`, acme)).out, /tests="0" failures="0"/);
});
