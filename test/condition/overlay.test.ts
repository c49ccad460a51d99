import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { compileCondition } from '../../src/condition/condition.ts';
import { overlaySchema } from '../../src/condition/overlay.ts';

const principal = { kind: 'person', name: 'lea', email: '', groups: [] } as const;

function accepts(schema: object): (args: unknown) => boolean {
  const ajv = new Ajv2020({ strict: false, ownProperties: true, meta: false, validateSchema: false, logger: false });
  const validate = ajv.compile(schema);
  return (args) => validate(args) === true;
}

function meets(overlay: object): (args: unknown) => boolean {
  const condition = compileCondition({ args: overlay, when: null });
  return (args) => condition({ args, principal, now: 0 }).kind === 'met';
}

/** A small repeatable source of chance (mulberry32). */
function chance(seed: number): <T>(choices: readonly T[]) => T {
  let state = seed;
  function next(): number {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
  return <T>(choices: readonly T[]) => choices[Math.floor(next() * choices.length)] as T;
}

const names = ['a', 'b', 'c', 'constructor'];
const values = ['x', 'y', 'long text', 1, 2, 50, true, null, ['x'], ['x', 'y'], { a: 'x' }, { a: 1, b: 2 }];
const leaves = [
  { type: 'string' },
  { type: ['string', 'null'] },
  { enum: ['x', 'y', 1] },
  { enum: ['x'] },
  { const: 'y' },
  { type: 'integer', minimum: 2 },
  { maximum: 10 },
  { minLength: 2, description: 'said' },
  { pattern: '^x' },
  { type: 'array', items: { enum: ['x'] } },
  { minItems: 2 },
  { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] },
  { type: 'object', properties: { a: { const: 'x' } }, additionalProperties: false },
  { anyOf: [{ type: 'string' }, { maximum: 1 }] },
  { not: { const: 'x' } },
  {},
  true,
  false,
];

type Pick = ReturnType<typeof chance>;

function someOf<T>(items: readonly T[], pick: Pick): T[] {
  return items.filter(() => pick([true, false]));
}

function objectSchema(pick: Pick): { properties: Record<string, unknown>; required: string[] } {
  const properties = Object.fromEntries(someOf(names, pick).map((name) => [name, pick(leaves)]));
  return { properties, required: someOf(names, pick).filter(() => pick([true, false])) };
}

function toolSchema(pick: Pick): object {
  const more = pick([{}, {}, { additionalProperties: false }, { additionalProperties: { type: 'string' } }]);
  const patterns = pick([{}, {}, { patternProperties: { '^[ab]$': { minLength: 2 } } }]);
  const root = pick([{}, {}, { anyOf: [{ required: ['a'] }, { required: ['b'] }] }]);
  return { type: 'object', ...objectSchema(pick), ...more, ...patterns, ...root };
}

function someArguments(pick: Pick): unknown {
  return Object.fromEntries(someOf(names, pick).map((name) => [name, pick(values)]));
}

describe('overlaySchema', () => {
  it('shows one overlay exactly: what it accepts is what tool and condition accept', () => {
    const pick = chance(7);
    for (let round = 0; round < 300; round += 1) {
      const [tool, overlay] = [toolSchema(pick), objectSchema(pick)];
      const shown = overlaySchema(tool, [overlay]);
      const [isShown, isTool, isMet] = [accepts(shown), accepts(tool), meets(overlay)];
      for (let turn = 0; turn < 40; turn += 1) {
        const args = someArguments(pick);
        assert.equal(isShown(args), isTool(args) && isMet(args), JSON.stringify({ tool, overlay, shown, args }));
      }
    }
  });

  it('shows several overlays so that nothing is hidden that meets one of them', () => {
    const pick = chance(11);
    for (let round = 0; round < 300; round += 1) {
      const tool = toolSchema(pick);
      const overlays = [objectSchema(pick), objectSchema(pick), ...pick([[], [objectSchema(pick)]])];
      const shown = overlaySchema(tool, overlays);
      const [isShown, isTool, areMet] = [accepts(shown), accepts(tool), overlays.map(meets)];
      for (let turn = 0; turn < 40; turn += 1) {
        const args = someArguments(pick);
        const isAllowed = isTool(args) && areMet.some((isMet) => isMet(args));
        assert.ok(isShown(args) || !isAllowed, JSON.stringify({ tool, overlays, shown, args }));
        assert.ok(isTool(args) || !isShown(args), JSON.stringify({ tool, overlays, shown, args }));
      }
    }
  });

  it('narrows a choice in place and keeps what the tool says of it', () => {
    const tool = {
      type: 'object',
      properties: {
        warehouse: { type: 'string', description: 'Warehouse.', enum: ['WH_RO_XS', 'WH_RW_XL'] },
        sql: { type: 'string' },
      },
      required: ['sql'],
      $defs: { kept: {} },
    };
    assert.deepEqual(
      overlaySchema(tool, [{ properties: { warehouse: { enum: ['WH_RO_XS'] } }, required: ['warehouse'] }]),
      {
        type: 'object',
        properties: {
          warehouse: { type: 'string', description: 'Warehouse.', enum: ['WH_RO_XS'] },
          sql: { type: 'string' },
        },
        required: ['sql', 'warehouse'],
        $defs: { kept: {} },
      },
    );
  });

  it('adds to a property what it does not say yet, and puts the rest beside it', () => {
    const tool = {
      type: 'object',
      properties: { limit: { type: 'integer', maximum: 100 }, who: { $ref: '#/$defs/who' } },
    };
    const overlay = { properties: { limit: { minimum: 1 }, who: { minLength: 2 } } };
    assert.deepEqual(overlaySchema(tool, [overlay])['properties'], {
      limit: { type: 'integer', maximum: 100, minimum: 1 },
      who: { allOf: [{ $ref: '#/$defs/who' }, { minLength: 2 }] },
    });
    assert.deepEqual(overlaySchema(tool, [{ properties: { limit: { maximum: 10 } } }])['properties'], {
      limit: { allOf: [{ type: 'integer', maximum: 100 }, { maximum: 10 }] },
      who: { $ref: '#/$defs/who' },
    });
  });

  it('joins the choices of several overlays, and asks only what all of them ask', () => {
    const one = { properties: { repo: { const: 'docs' }, title: { minLength: 3 } }, required: ['repo', 'title'] };
    const two = { properties: { repo: { enum: ['docs', 'triage'] } }, required: ['repo'] };
    assert.deepEqual(overlaySchema({ type: 'object' }, [one, two]), {
      type: 'object',
      properties: { repo: { enum: ['docs', 'triage'] } },
      required: ['repo'],
    });
    assert.deepEqual(
      overlaySchema({ type: 'object' }, [{ properties: { a: { minLength: 2 } } }, { properties: { a: { const: 1 } } }]),
      {
        type: 'object',
        properties: { a: { anyOf: [{ minLength: 2 }, { const: 1 }] } },
      },
    );
  });

  it('leaves a schema as it is when nothing is asked, and makes one of nonsense', () => {
    const tool = { type: 'object', oneOf: [{ required: ['a'] }] };
    assert.deepEqual(overlaySchema(tool, []), tool);
    assert.deepEqual(overlaySchema(tool, [{ required: ['a'] }, {}]), tool);
    for (const nonsense of [null, undefined, 'x', [], 7])
      assert.deepEqual(overlaySchema(nonsense, []), { type: 'object' });
  });
});
