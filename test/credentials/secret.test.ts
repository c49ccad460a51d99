import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { pino } from 'pino';
import { Secret } from '../../src/credentials/secret.ts';

test('a secret shows itself nowhere but in reveal', () => {
  const secret = new Secret('hunter2');
  assert.equal(secret.reveal(), 'hunter2');
  const lines: string[] = [];
  pino({}, { write: (line: string) => void lines.push(line) }).info({ secret, nested: { secret } }, `the ${secret}`);
  const shown = [
    String(secret),
    JSON.stringify({ secret }),
    inspect(secret),
    inspect({ secret }, { showHidden: true }),
  ];
  for (const text of [...shown, ...lines]) {
    assert.match(text, /\[secret\]/);
    assert.doesNotMatch(text, /hunter2/);
  }
});
