import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Ajv } from 'ajv';
import { acme, gatehouse } from './console.ts';

const folder = join(import.meta.dirname, '../fixtures/acme');
const transcripts = readdirSync(folder).filter((file) => file.endsWith('.txt'));

function valid(schema: string, text: string): void {
  const url = new URL(`../../schema/${schema}-output.schema.json`, import.meta.url);
  const validate = new Ajv({ strict: true, allowUnionTypes: true }).compile(JSON.parse(readFileSync(url, 'utf8')));
  assert.equal(validate(JSON.parse(text)), true, JSON.stringify(validate.errors));
}

describe('the example company', () => {
  for (const file of transcripts) {
    const text = readFileSync(join(folder, file), 'utf8');
    const args = text.slice('$ gatehouse '.length, text.indexOf('\n'));
    it(`gatehouse ${args}`, async () => {
      const { code, out, err } = await gatehouse(args, acme);
      assert.equal(`$ gatehouse ${args}\n${out}${err}[exit ${code}]\n`, text);
      if (args.endsWith('--format json')) valid(args.split(' ')[0] ?? '', out);
      if (args.includes('--format')) return;
      assert.deepEqual(
        out.split('\n').filter((line) => line.length > 80),
        [],
      );
    });
  }

  it('is read by check without a problem', async () => {
    const { code, out } = await gatehouse('check --at 2026-12-01', acme);
    assert.deepEqual([code, out], [0, 'ok: 5 servers, 7 roles, 6 groups, 2 robots, 10 grants\n']);
  });
});
