import assert from 'node:assert/strict';
import { test } from 'node:test';
import { escapeUnseen, showUnseen, unseenIn, withoutUnseen } from '../../src/catalog/unseen.ts';

/** What has been used to hide text from people: each with its name. */
const hidden: Readonly<Record<string, string>> = {
  escape: '\u001b',
  'a C1 control': '\u009b',
  delete: '\u007f',
  'soft hyphen': '\u00ad',
  'zero-width space': '\u200b',
  'zero-width joiner': '\u200d',
  'right-to-left override': '\u202e',
  'first strong isolate': '\u2068',
  'word joiner': '\u2060',
  'byte order mark': '\ufeff',
  'line separator': '\u2028',
  'Hangul filler': '\u3164',
  'variation selector 1': '\ufe00',
  'variation selector 17': '\u{e0100}',
  'tag letter': '\u{e0041}',
  'lone surrogate': '\ud800',
};

for (const [name, char] of Object.entries(hidden)) {
  test(`${name} is taken out, shown and escaped`, () => {
    const text = `a${char}b`;
    assert.deepEqual(unseenIn(text), [char]);
    assert.equal(showUnseen(text), `a\\u{${(char.codePointAt(0) ?? 0).toString(16)}}b`);
    const raw = JSON.stringify({ [`k${char}`]: [text] });
    assert.equal(withoutUnseen(Buffer.from(raw)).toString(), '{"k":["ab"]}');
    const escaped = escapeUnseen(raw);
    assert.match(escaped, /^[ -~]+$/);
    assert.deepEqual(JSON.parse(escaped), JSON.parse(raw));
    assert.equal(withoutUnseen(Buffer.from(escaped)).toString(), '{"k":["ab"]}');
  });
}

test('honest text is no concern: line breaks, tabs, accents, emoji and other scripts', () => {
  const text = 'a\r\n\tb é ❤️ 日本語 العربية \u0301';
  assert.deepEqual(unseenIn(text), []);
  assert.equal(showUnseen(text), text.replace('\r\n\t', '\\r\\n\\t'));
});

test('JSON without hidden characters is the very same buffer, however it is written', () => {
  for (const text of [
    '{ "a" : 1e400, "\\u0061": "\\"\\\\u200b\\/\\n" }',
    '{"n":12345678901234567890}',
    '"\\ud83d\\ude00"',
  ]) {
    const bytes = Buffer.from(text);
    assert.equal(withoutUnseen(bytes), bytes);
  }
});

test('only the strings that hide something are written anew', () => {
  const text = (hide: string): string => `{ "n":12345678901234567890,"d":"x${hide}", "\\u0061":[1.0,"\\/"] }`;
  assert.equal(withoutUnseen(Buffer.from(text('\\u200b'))).toString(), text(''));
  assert.equal(withoutUnseen(Buffer.from(text('\u{e0041}\\b'))).toString(), text(''));
});
