import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parse } from '../../src/config/parse.ts';
import { cpuMs } from '../fixtures/cpu.ts';
import { gatewayYaml, grantsYaml } from './tree.ts';

const mebibyte = 1024 * 1024;

function codesOf(text: string | Buffer): readonly string[] {
  return parse('f.yaml', Buffer.from(text)).problems.map(({ code, at }) => `${code} ${at.line}:${at.col}`);
}

/** A small generator with a seed, so that a failure can be run again. */
function createRandom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

describe('parse', () => {
  it('accepts exactly 1 MiB and refuses one byte more', () => {
    const full = `a: 1\n#${'x'.repeat(mebibyte - 6)}`;
    assert.deepEqual(codesOf(full), []);
    assert.deepEqual(codesOf(`${full}x`), ['GH010 1:1']);
  });

  for (const [kind, nest] of [
    ['flow lists', (depth: number) => '['.repeat(depth) + ']'.repeat(depth)],
    ['flow maps', (depth: number) => '{a: '.repeat(depth) + '}'.repeat(depth)],
    ['lists on one line', (depth: number) => `${'- '.repeat(depth)}x`],
    ['block maps', (depth: number) => Array.from({ length: depth }, (_, n) => `${' '.repeat(n)}a:\n`).join('')],
    ['block lists', (depth: number) => Array.from({ length: depth }, (_, n) => `${' '.repeat(n)}-\n`).join('')],
  ] as const) {
    it(`accepts 64 levels of ${kind} and refuses 65`, () => {
      assert.deepEqual(codesOf(nest(64)), []);
      assert.deepEqual(
        codesOf(nest(65)).map((code) => code.split(' ')[0]),
        ['GH012'],
      );
    });
  }

  it('refuses absurd depth before anything recursive sees it', () => {
    for (const text of [
      '['.repeat(mebibyte),
      '- '.repeat(mebibyte / 2),
      '? '.repeat(mebibyte / 2),
      '{a: '.repeat(mebibyte / 4),
    ]) {
      const begun = cpuMs();
      assert.match(codesOf(text)[0] ?? '', /^GH012 1:/);
      assert.equal(cpuMs() - begun < 1000, true);
    }
  });

  it('knows where every word stands', () => {
    const { source } = parse('f.yaml', Buffer.from('a:\n  - b: [x, "y/z"]\n    c: { d: 1 }\n'));
    assert.deepEqual(source?.at(['a', 0, 'b', 1]), { file: 'f.yaml', line: 2, col: 12 });
    assert.deepEqual(source?.key(['a', 0, 'c', 'd']), { file: 'f.yaml', line: 3, col: 10 });
    assert.deepEqual(source?.at(['a', 0, 'missing', 'x']), { file: 'f.yaml', line: 2, col: 5 });
  });

  it('survives a lot of anything', () => {
    const lines = [
      'k: v\n',
      ': ',
      '"',
      "'",
      '[],',
      ' #\n',
      '- a\n',
      '!!x ',
      '&a ',
      '*a ',
      ']',
      '\t',
      '| \n',
      '> ',
      '%',
      '\n',
      '---\n',
      '? x\n',
    ];
    for (const line of lines) {
      const begun = cpuMs();
      parse('f.yaml', Buffer.from(line.repeat(mebibyte / 8 / line.length)));
      assert.equal(cpuMs() - begun < 5_000, true, `slow on ${JSON.stringify(line)}`);
    }
  });

  it('survives random bytes of every size', () => {
    const random = createRandom(7);
    for (let size = 1; size <= mebibyte; size *= 4) {
      parse('f.yaml', Buffer.from(Array.from({ length: size }, () => random(256))));
      parse('f.yaml', Buffer.from(Array.from({ length: size }, () => 32 + random(95))));
    }
  });

  it('survives ten thousand mutations of good files and never accepts what it cannot place', () => {
    const random = createRandom(42);
    const originals = [gatewayYaml(), grantsYaml('one', 3)];
    const pieces = [
      ': ',
      '- ',
      '[',
      ']',
      '{',
      '}',
      '"',
      "'",
      '\n',
      '  ',
      '*',
      '&x ',
      '!t ',
      '#',
      '|',
      '>',
      '%',
      '---\n',
      '\t',
      '\\',
      ',',
      '?',
      '\u202e',
    ];
    for (let round = 0; round < 10_000; round += 1) {
      let text = originals[round % originals.length] ?? '';
      for (let edit = random(4); edit >= 0; edit -= 1) {
        const at = random(text.length);
        text = text.slice(0, at) + (pieces[random(pieces.length)] ?? '') + text.slice(at + random(3));
      }
      const { source, problems } = parse('f.yaml', Buffer.from(text));
      assert.equal(source === null, problems.length > 0, text);
    }
  });
});
