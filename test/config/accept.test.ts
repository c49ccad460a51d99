import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { it } from 'node:test';
import { Ajv } from 'ajv';
import { parse } from 'yaml';
import { createAccept, type JsonSchema } from '../../src/config/accept.ts';
import { readSchema } from '../../src/config/shape.ts';

const roundsPerValue = 40;

/** Values of every kind of file: the sample's, the examples', and what the golden cases hold against them. */
const samples: Readonly<Record<Kind, readonly unknown[]>> = {
  gateway: [read('gateway.config.yaml'), ...casesOf('gateway')],
  policy: [read('policies/access.yaml'), ...casesOf('policy')],
  'policy-test': [read('policies/access.test.yaml')],
  lock: [read('policies/lock/everything.json')],
};

type Kind = 'gateway' | 'policy' | 'policy-test' | 'lock';

for (const kind of Object.keys(samples) as Kind[]) {
  it(`the quick check of a ${kind} file agrees with ajv about whatever a file may hold`, () => {
    const schema = readSchema(kind);
    const accept = createAccept(schema);
    assert.ok(accept, 'the schema holds a keyword that the quick check does not know');
    const validate = new Ajv({ strictTypes: false, strictRequired: false }).compile(schema);
    const tally = { accepted: 0, refused: 0 };
    const draw = createDraw();
    for (const value of samples[kind]) {
      for (let round = 0; round < roundsPerValue; round += 1) {
        const mutated = round === 0 ? value : mutate(value, draw);
        const verdict = validate(mutated);
        tally[verdict ? 'accepted' : 'refused'] += 1;
        assert.equal(accept(mutated), verdict, JSON.stringify(mutated)?.slice(0, 2_000));
      }
    }
    assert.ok(tally.accepted > 0 && tally.refused > 0, JSON.stringify(tally));
  });
}

it('a schema with a keyword that is not known is not checked quickly, wherever it stands', () => {
  const schema: JsonSchema = { type: 'object', properties: { a: { items: { not: { type: 'string' } } } } };
  assert.equal(createAccept(schema), null);
});

it('a text is as long as it has characters, and a list of maps must differ by what they hold', () => {
  const accept = createAccept({ minLength: 2, uniqueItems: true });
  assert.deepEqual(
    ['\u{1f600}', '\u{1f600}a', [{ a: [1] }, { a: [1] }], [{ a: [1] }, { a: [2] }]].map((value) => accept?.(value)),
    [false, true, false, true],
  );
});

it('bounds belong to what they bound', () => {
  const accept = createAccept({ type: 'integer', minimum: 1, maximum: 3 });
  assert.deepEqual(
    [0, 1, 3, 4, 1.5, Number.NaN].map((value) => accept?.(value)),
    [false, true, true, false, false, false],
  );
});

function read(path: string): unknown {
  return parse(readFileSync(path, 'utf8'));
}

function casesOf(key: 'gateway' | 'policy'): readonly unknown[] {
  const folder = 'test/config/cases';
  const cases = readdirSync(folder).flatMap((file) => read(`${folder}/${file}`) as readonly Record<string, string>[]);
  return cases.flatMap(({ [key]: text }) => {
    try {
      return text === undefined ? [] : [parse(text, { logLevel: 'silent' })];
    } catch {
      return [];
    }
  });
}

const strange: readonly unknown[] = [
  null,
  '',
  'x',
  '*/x',
  0,
  1.5,
  -1,
  1e9,
  true,
  [],
  {},
  ['a', 'a'],
  { a: 1 },
  'user:*',
];

/** The value with one thing in it replaced, removed or doubled. */
function mutate(value: unknown, draw: (below: number) => number): unknown {
  const stop = draw(6) === 0;
  if (stop || typeof value !== 'object' || value === null) return strange[draw(strange.length)];
  if (Array.isArray(value)) {
    const at = draw(value.length + 1);
    if (at === value.length) return [...value, ...value.slice(0, 1)];
    return value.map((item, index) => (index === at ? mutate(item, draw) : item));
  }
  const entries = Object.entries(value);
  const at = draw(entries.length + 1);
  const [key, inner] = entries[at] ?? ['unheard_of', 1];
  const rest = Object.fromEntries(entries.filter((_, index) => index !== at));
  return draw(8) === 0 ? rest : { ...rest, [key]: at === entries.length ? inner : mutate(inner, draw) };
}

function createDraw(): (below: number) => number {
  let state = 1;
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return (state >>> 8) % below;
  };
}
