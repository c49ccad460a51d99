import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AnswerColumn, Row } from '../../../src/audit/answer/answer.ts';
import type { Cell } from '../../../src/audit/answer/cell.ts';
import { createRendering, type TextFormat } from '../../../src/audit/answer/text.ts';

interface Given {
  readonly columns: readonly string[];
  readonly rows: readonly Row[];
}

/** Columns are written `name`, `#number` or `{json`. The rows come one by one. */
function render({ columns, rows }: Given, format: TextFormat, width: number | null = null): string {
  const kinds: Readonly<Record<string, AnswerColumn['kind']>> = { '#': 'number', '{': 'json' };
  const told = columns.map((name) => ({
    ...{ name: name.replace(/^[#{]/, ''), type: '' },
    kind: kinds[name[0] ?? ''] ?? 'text',
  }));
  const rendering = createRendering(format, { width, sql: 'SELECT <1>' });
  return rendering.begin(told) + rows.map((row) => rendering.rows([row])).join('') + rendering.end(rows.length);
}

test('a table has its names above, numbers to the right and a count below', () => {
  const given = {
    columns: ['tool', '#n'],
    rows: [
      ['echo', 5],
      ['create_issue', 1000],
      [null, null],
    ],
  };
  assert.equal(
    render(given, 'table'),
    'tool             n\n------------  ----\necho             5\ncreate_issue  1000\n\n(3 rows)\n',
  );
  assert.equal(render({ columns: ['#n'], rows: [[1]] }, 'table'), 'n\n-\n1\n(1 row)\n');
});

test('a table fits the terminal by shortening the widest columns', () => {
  const text = render(
    {
      columns: ['a', 'b'],
      rows: [
        ['x'.repeat(50), 'short'],
        ['y', 'z'],
      ],
    },
    'table',
    30,
  );
  assert(text.split('\n').every((line) => line.length <= 30));
  assert.match(text, /^x{22}… {2}short$/m);
});

test('records too wide for any table are printed field by field, empty ones left out', () => {
  const columns = Array.from({ length: 12 }, (_, n) => `column_${n}`);
  const text = render({ columns, rows: [columns.map((_, n) => (n === 3 ? null : 'x'.repeat(80)))] }, 'table', 60);
  assert.match(text, /^- row 1\ncolumn_0 {3}x{48}…\n/);
  assert.doesNotMatch(text, /column_3 /);
  assert(text.split('\n').every((line) => line.length <= 60));
});

test('wide and combining characters keep the columns in line', () => {
  const text = render(
    {
      columns: ['a', 'b'],
      rows: [
        ['日本', '|'],
        ['e\u0301e', '|'],
        ['🙂', '|'],
      ],
    },
    'table',
  );
  assert.deepEqual(text.split('\n').slice(2, 5), ['日本  |', 'e\u0301e    |', '🙂    |']);
});

test('nothing in a cell can steer the terminal', () => {
  const evil = 'a\u001b[31m\u0007\r\n\u009b2J\u202egpj\u2028\u200b';
  const text = render({ columns: [evil], rows: [[evil]] }, 'table');
  assert.doesNotMatch(text.replaceAll('\n', ''), /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
  assert.match(text, /a\\u\{1b\}\[31m\\u\{7\}\\r\\n\\u\{9b\}2J\\u\{202e\}gpj/);
});

test('csv follows RFC 4180 and no spreadsheet runs it', () => {
  const rows: Cell[][] = [
    ['a "b", c', 'x\ny', -5],
    ['=1+1', '@SUM(A1)', null],
    ['-2+3', '\tx', 0],
    [['a', 1], { b: null }, 1.5],
  ];
  assert.equal(
    render({ columns: ['one', 'two,', '#n'], rows }, 'csv'),
    'one,"two,",n\r\n"a ""b"", c","x\ny",-5\r\n\'=1+1,\'@SUM(A1),\r\n\'-2+3,"\'\tx",0\r\n"[""a"",1]","{""b"":null}",1.5\r\n',
  );
});

test('json is an array of objects, arguments as values, no name lost', () => {
  const text = render(
    {
      columns: ['n', 'n', '{args'],
      rows: [
        [1, 2, '{"a":[1]}'],
        ['x', null, null],
      ],
    },
    'json',
  );
  assert.deepEqual(JSON.parse(text), [
    { n: 1, n_1: 2, args: { a: [1] } },
    { n: 'x', n_1: null, args: null },
  ]);
  assert.equal(render({ columns: ['n'], rows: [] }, 'json'), '[]\n');
});

test('markdown holds its table together and runs nothing', () => {
  const text = render({ columns: ['a|b', '#n'], rows: [['<script>&\n`x` *y* [z](u)', 5]] }, 'markdown');
  const cell = '&lt;script&gt;&amp;\\\\n\\`x\\` \\*y\\* \\[z\\](u)';
  assert.equal(text, `| a\\|b | n |\n| --- | ---: |\n| ${cell} | 5 |\n`);
});
