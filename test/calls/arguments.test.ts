import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { judgedArguments } from '../../src/calls/arguments.ts';
import { cpuMs } from '../fixtures/cpu.ts';

function said(raw: string): string {
  const read = judgedArguments(Buffer.from(raw))();
  return read.kind === 'read' ? 'read' : read.detail;
}

describe('arguments that are judged', () => {
  it('are what JSON says, and {} where there are none', () => {
    assert.deepEqual(judgedArguments(Buffer.from('{"a":[1,{"b":"\\u0063"}]}'))(), {
      kind: 'read',
      value: { a: [1, { b: 'c' }] },
    });
    assert.deepEqual(judgedArguments(null)(), { kind: 'read', value: {} });
  });

  const numberUnfit = 'the arguments hold a number that not every program reads alike';
  const twice = 'the arguments name a member twice';
  const cased = 'the arguments hold two members whose names differ only in case';
  const proto = 'the arguments hold a member named __proto__';
  const cases: readonly (readonly [string, readonly string[]])[] = [
    [twice, ['{"a":1,"a":2}', '{"x":[{"a":1,"\\u0061":1}]}']],
    [cased, ['{"repo":1,"Repo":2}', '{"x":[{"status":1,"\u017ftatus":1}]}', '{"k":1,"\u212a":1}']],
    [proto, ['{"__proto__":{}}', '{"x":[{"__pr\\u006fto__":1}]}']],
    ['the arguments must be an object', ['[]', 'null', '"{}"']],
    ['the arguments are not valid JSON', ['{', '', '{"a":NaN}']],
    ['the arguments are nested deeper than 64', [`{"a":${'['.repeat(64)}${']'.repeat(64)}}`]],
    [
      numberUnfit,
      [
        '{"n":9007199254740993}',
        '{"n":9007199254740992}',
        '{"n":-12345678901234567890}',
        '{"n":1e400}',
        '{"n":-1e400}',
        '{"n":1e-400}',
        '{"n":1e22,"m":1}',
        '{"n":1.00000000000000000001}',
        '{"n":0.1000000000000000055511151231257827}',
        '{"x":[{"n":0.99999999999999999999}]}',
        '[1e400]'.replace('[', '{"a":[').replace(']', ']}'),
      ],
    ],
    [
      'read',
      [
        '{"n":9007199254740991,"m":-9007199254740991}',
        '{"n":1.0,"m":100e-2,"o":1e3,"p":-0,"q":0.00}',
        '{"n":0.1,"m":0.10000000000000001,"o":3.141592653589793,"p":1.5e-300}',
        '{"n":"1e400","m":"9007199254740993","o":"\\"9007199254740993"}',
        '{"a":{"x":1},"b":{"x":1}}',
        '{"a":"\\\\","9007199254740993":1}',
      ],
    ],
  ];
  for (const [expected, texts] of cases) {
    for (const text of texts) {
      it(`${text.length > 60 ? `${text.slice(0, 60)}…` : text}: ${expected}`, () => assert.equal(said(text), expected));
    }
  }

  it('are read once, and only when somebody asks', () => {
    const raw = Buffer.from('{"a":1}');
    const args = judgedArguments(raw);
    raw.fill('x');
    assert.equal(args().kind, 'unfit');
    raw.write('{"a":1}');
    assert.equal(args().kind, 'unfit');
  });

  it('take a text of a mebibyte in good time, whatever it holds', () => {
    const begun = cpuMs();
    for (const filling of ['x', '\\\\', '\\"', '9,', '{"a":']) {
      const text =
        filling === '9,' ? `{"a":[${filling.repeat(400_000)}9]}` : `{"a":"${filling.repeat(1e6 / filling.length)}"}`;
      assert.equal(typeof said(text), 'string');
    }
    assert.ok(cpuMs() - begun < 5_000);
  });
});
