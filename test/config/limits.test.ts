import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { limitTable, resolveLimits } from '../../src/config/limits.ts';

interface Schema {
  readonly description?: string;
  readonly additionalProperties?: boolean | Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly definitions?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly else?: Schema;
  readonly [keyword: string]: unknown;
}

function read(kind: string): Schema {
  return JSON.parse(readFileSync(new URL(`../../schema/${kind}.schema.json`, import.meta.url), 'utf8'));
}

/** Every schema of an object inside a schema, with its path. */
function* objectsIn(schema: Schema, path: string): Generator<[string, Schema]> {
  if (schema.properties !== undefined) yield [path, schema];
  const inner = { ...schema.properties, ...schema.definitions };
  for (const [name, child] of Object.entries(inner)) yield* objectsIn(child, `${path}/${name}`);
  for (const child of [schema.items, schema.else]) if (child !== undefined) yield* objectsIn(child, `${path}/*`);
}

describe('the published schemas', () => {
  for (const kind of ['gateway', 'policy']) {
    it(`describe every property of ${kind} files and refuse every other`, () => {
      const objects = [...objectsIn(read(kind), kind)];
      assert.equal(objects.length > 5, true);
      for (const [path, schema] of objects) {
        assert.equal(schema.additionalProperties, false, path);
        for (const [name, child] of Object.entries(schema.properties ?? {})) {
          assert.match(child.description ?? '', /^.{5,}\.$/, `${path}/${name}`);
        }
      }
    });
  }

  it('are draft-07, which editors read', () => {
    for (const kind of ['gateway', 'policy'])
      assert.equal(read(kind)['$schema'], 'http://json-schema.org/draft-07/schema#');
  });

  it('agree with the table of limits', () => {
    const inSchema = read('gateway').properties?.['limits']?.properties;
    const inTable = Object.values(limitTable).map(({ yaml, default: usual, min, max, meaning }) => {
      return [yaml, { type: 'integer', description: meaning, minimum: min, maximum: max, default: usual }];
    });
    assert.deepEqual(inSchema, Object.fromEntries(inTable));
  });
});

describe('limits', () => {
  it('are named in YAML as in the code, word for word', () => {
    for (const [key, { yaml }] of Object.entries(limitTable)) {
      assert.equal(
        yaml,
        key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      );
    }
  });

  it('have defaults inside their bounds', () => {
    for (const { yaml, default: usual, min, max } of Object.values(limitTable)) {
      assert.equal(min <= usual && usual <= max, true, yaml);
    }
  });

  it('take what the file says and the default for the rest', () => {
    const limits = resolveLimits({ drain_ms: 0 });
    assert.equal(limits.drainMs, 0);
    assert.equal(limits.bodyBytesMax, 1024 * 1024);
  });
});
