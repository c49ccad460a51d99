import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createTeam } from './audit-team.ts';

interface Block {
  /** The heading it stands under. */
  readonly question: string;
  readonly script: string;
}

const BLOCK_MS_MAX = 60_000;

/** What each block must print, in the order of the page, and its exit code when it is not 0. */
const expected: readonly (readonly [RegExp, readonly RegExp[], number?])[] = [
  [/^Who used/, [/^ana@acme\.co +human +query +[67] /m, /^maya@acme\.co +human +query +2 /m, /^nightly +robot /m]],
  [/^Who used/, [/^$/]],
  [/^Who was denied/, [/maya@acme\.co .*forecast +no_grant/, /zoe@acme\.co .*export +no_grant/, /^Verified +intact/m]],
  [/^Who was denied/, [/^acme-[0-9a-f]{8}:\d+ +maya@acme\.co +warehouse\/forecast +no_grant +analysts/m]],
  [/^Who was denied/, [/^deny +user:maya@acme\.co .*warehouse\/forecast$/m, /no grant allows it/], 1],
  [/^What changed/, [/ changed +[0-9a-f]{40} +Let analysts export +\["Ben <.*\["Ana Ruiz <.* true /, / refused /]],
  [/^What changed/, [/ 2026-10-07 Let analysts export$/m, /^\+.*warehouse\/export/m]],
  [
    /^Which granted/,
    [
      /^not used in 60 days +group:analysts +analyst +warehouse +export +read/m,
      /\(1 row\)/,
      /^Policy +commit [0-9a-f]{40}/m,
    ],
  ],
  [/^Is the log/, [/^$/]],
  [
    /^Is the log/,
    [/^Intact: \d+ records/m, /^Signed: \d+ records, by gatehouse\+/m, /acme-[0-9a-f]{8} .* gateway\.stop$/m],
  ],
];

test('the page of questions is answered as it stands', async (t) => {
  const cwd = await createTeam(t);
  const env = { ...process.env, PATH: `${join(cwd, 'bin')}:${process.env['PATH']}` };
  const blocks = blocksOf(readFileSync('audit/questions.md', 'utf8'));
  assert.equal(blocks.length, expected.length);
  for (const [index, { question, script }] of blocks.entries()) {
    const [heading, prints, code = 0] = expected[index] ?? [/./, []];
    assert.match(question, heading);
    const { status, stdout, stderr } = spawnSync('sh', ['-ec', script], {
      cwd,
      env,
      encoding: 'utf8',
      timeout: BLOCK_MS_MAX,
    });
    assert.equal(status, code, `${script}${stderr}`);
    for (const line of prints) assert.match(stdout, line, script);
  }
});

function blocksOf(page: string): readonly Block[] {
  return page.split('\n## ').flatMap((section) => {
    const question = section.split('\n')[0] ?? '';
    return [...section.matchAll(/```sh\n(.*?)```/gs)].map(([, script = '']) => ({ question, script }));
  });
}
