import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkExpression } from '../../src/condition/expression-check.ts';

const tool = {
  name: 'github/create_issue',
  inputSchema: {
    type: 'object',
    properties: {
      repo: { type: 'string' },
      limit: { type: 'integer' },
      draft: { type: 'boolean' },
      labels: { type: 'array', items: { type: 'string' } },
      head: { type: 'object', properties: { sha: { type: 'string' }, more: { type: 'object' } } },
      'x-y': { type: 'string' },
      either: { anyOf: [{ type: 'string' }, { type: 'number' }] },
      nothing: { type: ['string', 'null'] },
    },
  },
};

function faultOf(text: string, of: typeof tool | null = tool): string {
  const checked = checkExpression(text, of);
  if (checked.kind === 'sound') return '';
  const { where, message, hint } = checked.fault;
  return `${where} ${message}${hint === '' ? '' : ` [${hint}]`}`;
}

describe('checking an expression', () => {
  for (const text of [
    'args.repo == "docs" && args.draft',
    'args.limit == 50 || args.limit > 2.5',
    'has(args.head.sha) && args.head.more.anything == 1',
    'args["x-y"] == "a" && args.either == 1 && args.either == "a"',
    'args.nothing == null',
    'args.labels.exists(l, l.contains("bug")) && size(args.labels) < 5',
    'principal.groups.exists(g, g == "a") && now.getDayOfWeek("Europe/Berlin") < 5',
    're2(args.repo.lowerAscii(), "^[a-z]+$")',
  ]) {
    it(`accepts ${text}`, () => assert.equal(faultOf(text), ''));
  }

  for (const [text, fault] of [
    ['args.rpo == "docs"', '5 expected an argument of github/create_issue, found rpo'],
    ['has(args.rpo)', '9 expected an argument of github/create_issue, found rpo'],
    ['args["x-z"] == "a"', '5 expected an argument of github/create_issue, found x-z'],
    ['args.head.sah == "a"', '10 expected a name that is there, found sah'],
    ['has( args.head . sah )', '17 expected a name that is there, found sah'],
    ['args.draft == "yes"', '0 expected types that go together, found bool == string'],
    ['args.repo.startsWith(5)', '0 expected types that go together, found string.startsWith(int)'],
    ['"repo" in args', '0 expected types that go together, found string in args [write has(args.NAME)]'],
    ['size(args.labels)', '0 expected an expression that is true or false, found one of type int'],
    ['now > "2027"', '0 expected types that go together, found timestamp > string'],
    ['argz.repo == "docs"', '0 expected args, principal or now, found argz'],
    ['args.repo ==', '12 not a valid expression: unexpected token: the end'],
    [
      'true || args.repo.matches(".*")',
      '18 expected a function that takes bounded time, found matches [write re2(args.repo, ".*")]',
    ],
    ['cel.bind(x, 1, x == 1)', '4 expected a method that conditions have, found bind'],
    ['bytes("a") == b"a"', '0 expected a function that conditions have, found bytes'],
  ] as const) {
    it(`refuses ${text}`, () => assert.equal(faultOf(text), fault));
  }

  it('leaves the arguments open without a tool, or when its schema does', () => {
    assert.equal(faultOf('args.rpo == "docs" && "a" in args', null), '');
    const open = { ...tool, inputSchema: { ...tool.inputSchema, additionalProperties: true } };
    assert.equal(faultOf('args.rpo == "docs"', open), '');
    for (const inputSchema of [null, undefined, [], 'x', {}, { type: 'object' }, { properties: 5 }]) {
      assert.equal(checkExpression('args.rpo == "docs"', { name: 'a/b', inputSchema }).kind, 'sound');
    }
  });

  it('refuses what is long or deep without trouble', () => {
    assert.match(faultOf(`"${'é'.repeat(2_048)}" == ""`), /^0 expected an expression of at most 4096 bytes/);
    for (const text of [
      `${'!'.repeat(4_000)}true`,
      `${'['.repeat(2_000)}${']'.repeat(2_000)} == []`,
      `${'('.repeat(2_000)}true${')'.repeat(2_000)}`,
      `${'args.labels.all(x, '.repeat(150)}true${')'.repeat(150)}`,
      `args${'.a'.repeat(2_000)}`,
      `${'1+'.repeat(1_900)}1 == 1`,
    ]) {
      assert.match(faultOf(text, null), /simpler|at most 2 loops/, text.slice(0, 20));
    }
  });

  it('throws at nothing, whatever an author types', () => {
    const pieces = [
      'args',
      '.',
      'repo',
      '(',
      ')',
      '[',
      ']',
      '"',
      "'",
      '==',
      '&&',
      ' ',
      '1',
      'has',
      'all',
      ',',
      '!',
      '\\',
      '{',
      ':',
      '?',
      '\ud800',
      'in',
      'now',
    ];
    for (let round = 0; round < 3_000; round += 1) {
      const text = Array.from(
        { length: round % 12 },
        (_, at) => pieces[(round * 31 + at * at * 7 + at) % pieces.length],
      ).join('');
      assert.ok(['sound', 'wrong'].includes(checkExpression(text, round % 2 ? tool : null).kind), text);
    }
  });
});
