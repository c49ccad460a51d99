import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { boundedJson } from '../../../src/audit/record/bounded-json.ts';
import { recordedArguments } from '../../../src/audit/replay/arguments.ts';
import { compileCondition } from '../../../src/condition/condition.ts';

const principal = { kind: 'person', name: 'ana', email: '', groups: [] } as const;

/** What a condition says of arguments as a log keeps them, and what it missed. */
function judged(when: string, sent: unknown, bytesMax = 8192) {
  const kept = JSON.parse(boundedJson(sent, { bytesMax, masking: { mask: [], detectors: true } }).text);
  const known = recordedArguments(kept, Object.keys(Object(sent)).length);
  const { kind } = compileCondition({ args: null, when })({ args: known.read(), principal, now: 0 });
  return { kind, missing: known.missing() };
}

describe('arguments as a record keeps them', () => {
  it('are as good as they were for who does not read what is masked', () => {
    const sent = { repo: 'docs', password: 'hunter22' };
    assert.deepEqual(judged('args.repo == "docs"', sent), { kind: 'met', missing: null });
    assert.deepEqual(judged('has(args.password) && args.repo == "docs"', { repo: 'docs' }).missing, null);
    assert.equal(judged('args.password == "hunter22"', sent).missing, 'redacted');
    assert.equal(judged('args.a.token == "x"', { a: { token: 'x' } }).missing, 'redacted');
  });

  for (const [what, sent] of [
    ['a long text', { a: 'x'.repeat(3000), b: 1 }],
    ['a long list', { a: Array.from({ length: 5000 }, (_, n) => n), b: 1 }],
    ['many members', { a: Object.fromEntries(Array.from({ length: 5000 }, (_, n) => [`n${n}`, n])), b: 1 }],
    ['a long name', { a: { ['n'.repeat(200)]: 1 }, b: 1 }],
    ['a lone surrogate', { a: '\ud800', b: 1 }],
  ] as const) {
    it(`say that ${what} is not whole when it is read, and only then`, () => {
      assert.equal(judged('args.a == 1', sent).missing, 'cut');
      assert.deepEqual(judged('args.b == 1', sent), { kind: 'met', missing: null });
    });
  }

  it('hide all when members of the whole were cut', () => {
    const sent = Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`n${n}`, 'x'.repeat(100)]));
    assert.equal(judged('has(args.n499)', sent).missing, 'cut');
  });

  it('are none when a call had none, and unknown when none were kept', () => {
    const none = recordedArguments(undefined, null);
    assert.deepEqual([none.read(), none.missing()], [{}, null]);
    const unkept = recordedArguments(undefined, 2);
    assert.equal(unkept.missing(), null, 'nobody has read them');
    unkept.read();
    assert.equal(unkept.missing(), 'not-recorded');
  });

  it('keep a member called __proto__ an ordinary one', () => {
    const { read } = recordedArguments(JSON.parse('{"__proto__":{"admin":true}}'), 1);
    assert.equal(Reflect.get(Object(read()), 'admin'), undefined);
  });
});
