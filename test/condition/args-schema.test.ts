import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkArgs } from '../../src/condition/args-check.ts';
import { compileCondition, type Met } from '../../src/condition/condition.ts';
import { cpuMs } from '../fixtures/cpu.ts';

const principal = { kind: 'robot', name: 'bot', email: '', groups: [] } as const;

function ask(schema: object, args: unknown, when: string | null = null): Met {
  return compileCondition({ args: schema, when })({ args, principal, now: 0 });
}

function unmet(detail: string): Met {
  return { kind: 'unmet', detail };
}

describe('args', () => {
  it('ask besides the tool: what is there must be right, what is required must be there', () => {
    const schema = { properties: { warehouse: { enum: ['WH_RO_XS'] } }, required: ['warehouse'] };
    assert.deepEqual(ask(schema, { warehouse: 'WH_RO_XS', sql: 'select 1' }), { kind: 'met' });
    assert.deepEqual(ask(schema, { warehouse: 'hunter2' }), unmet('args.warehouse must be one of WH_RO_XS'));
    assert.deepEqual(ask(schema, {}), unmet('args.warehouse is required'));
    assert.deepEqual(ask(schema, []), unmet('args must be object'));
    assert.deepEqual(ask({ required: ['constructor'] }, {}), unmet('args.constructor is required'));
  });

  for (const [schema, value, detail] of [
    [{ const: { a: 1 } }, 'hunter2', 'must be {"a":1}'],
    [{ maximum: 5 }, 9_876_543, 'must be <= 5'],
    [{ pattern: '^docs' }, 'hunter2', 'must match pattern "^docs"'],
    [{ items: { maxLength: 3 } }, ['abc', 'hunter2'], '[1] must NOT have more than 3 characters'],
    [{ additionalProperties: false }, { hunter2: 1 }, 'must NOT have additional properties'],
    [{ additionalProperties: { type: 'string' } }, { 'hunter2 and more': 1 }, 'must be string'],
    [{ anyOf: [{ type: 'string' }, { type: 'null' }] }, 9_876_543, 'must match a schema in anyOf'],
    [{ enum: Array.from({ length: 20 }, (_, index) => index) }, 'hunter2', 'must be one of 0, 1, 2, 3, 4, 5, 6, 7, …'],
    [false, 'hunter2', 'must be left out'],
  ] as const) {
    it(`say what ${JSON.stringify(schema)} asks and nothing of what was sent`, () => {
      const space = detail.startsWith('[') ? '' : ' ';
      assert.deepEqual(ask({ properties: { a: schema } }, { a: value }), unmet(`args.a${space}${detail}`));
    });
  }

  it('and when must both hold', () => {
    const schema = { required: ['a'] };
    assert.equal(ask(schema, { a: 1 }, 'args.a == 1').kind, 'met');
    assert.equal(ask(schema, { a: 2 }, 'args.a == 1').kind, 'unmet');
    assert.deepEqual(ask(schema, {}, 'true'), unmet('args.a is required'));
  });

  it('count what patterns read for each call anew, as an expression does', () => {
    const schema = { properties: { a: { pattern: '^a' } } };
    const condition = compileCondition({ args: schema, when: 're2(args.a, "^a")' });
    const facts = { args: { a: 'a'.repeat(40_000) }, principal, now: 0 };
    for (let call = 0; call < 3; call += 1) assert.equal(condition(facts).kind, 'met');
  });

  it('tell patterns apart and take linear time for each', () => {
    const both = { properties: { a: { pattern: '^a' }, b: { pattern: '^b' } } };
    assert.equal(ask(both, { a: 'a', b: 'b' }).kind, 'met');
    assert.equal(ask(both, { a: 'a', b: 'a' }).kind, 'unmet');
    const hostile = { properties: { a: { pattern: '^(([a-z])+.)+[A-Z]([a-z])+$' } } };
    const begun = cpuMs();
    assert.equal(ask(hostile, { a: 'a'.repeat(60_000) }).kind, 'unmet');
    assert.equal(ask(hostile, { a: 'a'.repeat(70_000) }).kind, 'failed');
    assert.equal(ask({ patternProperties: { '^(a+)+$': true } }, { [`${'a'.repeat(50_000)}!`]: 1 }).kind, 'met');
    assert.ok(cpuMs() - begun < 2_000);
  });
});

describe('checking args', () => {
  function faultOf(schema: object, inputSchema?: unknown): string {
    const fault = checkArgs(schema, inputSchema === undefined ? null : { name: 'a/b', inputSchema });
    return fault === null ? '' : `${fault.where.join('/')} ${fault.message}`;
  }

  it('accepts every keyword it lists', () => {
    const inner = {
      ...{ type: ['string', 'null'], minLength: 1, maxLength: 9, pattern: 'a', title: 't', description: 'd' },
      ...{ default: 'a', examples: ['a'], $comment: 'c', not: { const: 'b' }, anyOf: [true], allOf: [{}], oneOf: [{}] },
      ...{ minimum: 1, maximum: 9, exclusiveMinimum: 0, exclusiveMaximum: 10, multipleOf: 1, enum: ['a', { $ref: 1 }] },
      ...{ items: {}, prefixItems: [{}], contains: {}, minItems: 1, maxItems: 2, minProperties: 0, maxProperties: 9 },
      ...{ properties: { $ref: {} }, required: ['x'], patternProperties: { '^x': true } },
      ...{ additionalProperties: {}, propertyNames: { maxLength: 3 } },
    };
    assert.equal(faultOf({ properties: { a: inner } }), '');
    assert.equal(ask({ properties: { a: inner } }, { a: 'a' }).kind, 'met');
  });

  it('refuses references, even to itself, and what takes quadratic time', () => {
    for (const word of [
      '$ref',
      '$dynamicRef',
      '$id',
      '$defs',
      '$anchor',
      'uniqueItems',
      'format',
      'if',
      'constructor',
    ]) {
      assert.equal(
        faultOf({ properties: { a: { [word]: '#' } } }),
        `properties/a/${word} expected a keyword of JSON Schema that args may use, found ${word}`,
      );
    }
  });

  it('knows only the names that the tool has, unless others are allowed', () => {
    const has = { type: 'object', properties: { a: {}, b: { type: 'object', properties: { c: {} } } } };
    assert.equal(faultOf({ properties: { a: {}, b: { properties: { c: {} } } }, required: ['a'] }, has), '');
    assert.equal(faultOf({ required: ['a', 'x'] }, has), 'required/1 expected an argument of a/b, found x');
    assert.equal(
      faultOf({ properties: { b: { properties: { x: {} } } } }, has),
      "properties/b/properties/x expected an argument of a/b's b, found x",
    );
    assert.equal(faultOf({ required: ['x'] }, { ...has, additionalProperties: {} }), '');
    assert.equal(faultOf({ required: ['x'] }, { ...has, anyOf: [{ properties: { x: {} } }] }), '');
    assert.equal(faultOf({ required: ['x'] }, null), '');
  });

  it('refuses a schema that is too large', () => {
    assert.match(faultOf({ properties: { a: { enum: ['x'.repeat(17_000)] } } }), /at most 16384 bytes/);
  });
});
