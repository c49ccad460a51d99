import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { test } from 'node:test';

interface Schema {
  readonly $ref?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly definitions?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly then?: Schema;
  readonly else?: Schema;
}

/** Paths of keys that an editor could say nothing about. */
function silentKeys(schema: Schema, root: Schema, path = ''): readonly string[] {
  const keys = Object.entries(schema.properties ?? {});
  const named = [...keys, ...Object.entries(schema.definitions ?? {})];
  const nameless = [schema.additionalProperties, schema.items, schema.then, schema.else].filter(
    (inner) => typeof inner === 'object',
  );
  return [
    ...keys.filter(([, key]) => textOf(key, root) === '').map(([key]) => `${path}/${key}`),
    ...named.flatMap(([key, inner]) => silentKeys(inner, root, `${path}/${key}`)),
    ...nameless.flatMap((inner) => silentKeys(inner, root, `${path}/*`)),
  ];
}

function textOf({ description, $ref }: Schema, { definitions = {} }: Schema): string {
  return description ?? ($ref === undefined ? '' : (definitions[posix.basename($ref)]?.description ?? ''));
}

for (const kind of ['gateway', 'policy', 'policy-test', 'lock']) {
  test(`an editor has something to say about every key of a ${kind} file`, () => {
    const schema: Schema = JSON.parse(readFileSync(`schema/${kind}.schema.json`, 'utf8'));
    assert.notEqual(textOf(schema, schema), '');
    assert.deepEqual(silentKeys(schema, schema), []);
  });
}
