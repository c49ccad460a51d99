import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Cut, cut } from '../../src/config/cut.ts';

const policy = `# Who may do what.
roles:
  # Reads.
  reader:
    allow:
      - read: [db/*, "wiki/\\"x\\" #1", crm/get] # three
      # Only small ones.
      - { read: db/get, when: 'args.n < 5' }

      - write:
          - db/set # one
          # Two.
          - db/drop
        when: |
          args.n < 5

          # not a comment
      # After the rule.

  writer: { includes: [reader, "weiß"] }

grants:
  # Stays.

  # Ana's.
  - to: user:ana
    roles: [
      reader, # r
      writer # w
    ]
  - { to: user:raj, roles: [reader] }
`;

interface Case {
  readonly name: string;
  readonly cuts: readonly Cut[];
  /** Lines of the text that are gone, and those that are new in the place of one. */
  readonly gone: readonly string[];
  readonly added?: readonly string[];
}

const allow = ['roles', 'reader', 'allow'];

const cases: readonly Case[] = [
  {
    name: 'the first item of a list in brackets goes with the comma behind it',
    cuts: [{ path: [...allow, 0, 'read', 0] }],
    gone: ['      - read: [db/*, "wiki/\\"x\\" #1", crm/get] # three'],
    added: ['      - read: ["wiki/\\"x\\" #1", crm/get] # three'],
  },
  {
    name: 'the last items of a list in brackets go with the comma before them',
    cuts: [{ path: [...allow, 0, 'read', 2] }, { path: [...allow, 0, 'read', 1] }],
    gone: ['      - read: [db/*, "wiki/\\"x\\" #1", crm/get] # three'],
    added: ['      - read: [db/*] # three'],
  },
  {
    name: 'an item of a block goes with its own comment and the one right above, and of two empty lines one stays',
    cuts: [{ path: [...allow, 1] }],
    gone: ['      # Only small ones.', "      - { read: db/get, when: 'args.n < 5' }"],
  },
  {
    name: 'an item within a block within a block',
    cuts: [{ path: [...allow, 2, 'write', 1] }],
    gone: ['          # Two.', '          - db/drop'],
  },
  {
    name: 'a literal block goes to its last line',
    cuts: [{ path: [...allow, 2, 'when'] }],
    gone: ['        when: |', '          args.n < 5', '', '          # not a comment'],
  },
  {
    name: 'an item with a line of its own in brackets',
    cuts: [{ path: ['grants', 0, 'roles', 1] }],
    gone: ['      writer # w'],
  },
  {
    name: 'a comment apart from an item stays, and all cut of a list is the list',
    cuts: [{ path: ['grants', 0, 'roles', 0] }, { path: ['grants', 0, 'roles', 1] }, { path: ['grants', 0, 'to'] }],
    gone: ["  # Ana's.", '  - to: user:ana', '    roles: [', '      reader, # r', '      writer # w', '    ]'],
  },
  {
    name: 'one word becomes several in brackets, in a block, and as a value',
    cuts: [
      { path: [...allow, 0, 'read', 0], instead: ['db/a', 'db/b'] },
      { path: [...allow, 2, 'write', 0], instead: ['db/a', 'db/b'] },
      { path: [...allow, 1, 'read'], instead: ['db/a', 'db/b'] },
    ],
    gone: [
      '      - read: [db/*, "wiki/\\"x\\" #1", crm/get] # three',
      "      - { read: db/get, when: 'args.n < 5' }",
      '          - db/set # one',
    ],
    added: [
      '      - read: [db/a, db/b, "wiki/\\"x\\" #1", crm/get] # three',
      "      - { read: [db/a, db/b], when: 'args.n < 5' }",
      '          - db/a',
      '          - db/b # one',
    ],
  },
];

for (const { name, cuts, gone, added = [] } of cases) {
  for (const end of ['\n', '\r\n']) {
    test(`cut: ${name}${end === '\n' ? '' : ', with line breaks of Windows'}`, () => {
      const edited = cut(policy.replaceAll('\n', end), cuts);
      assert(edited !== null);
      const [before, after] = [policy.split('\n'), edited.text.split(end)];
      assert.deepEqual(withoutOnce(before, gone), withoutOnce(after, added));
      assert(after.every((line) => !line.includes('\r')));
    });
  }
}

/** The lines without some of them, each once; empty ones have tests of their own. */
function withoutOnce(lines: readonly string[], some: readonly string[]): readonly string[] {
  const left = lines.filter((line) => line !== '');
  for (const line of some.filter((each) => each !== '')) {
    assert(left.includes(line), `${line} is there`);
    left.splice(left.indexOf(line), 1);
  }
  return left;
}

test('cut: an entry goes with one of the empty lines around it, at the end with those above', () => {
  const text = 'v: 1\n\nroles:\n  a: 1\n\n  b: 2\n\n  c: 3\n';
  const after = (...names: readonly string[]) =>
    cut(
      text,
      names.map((name) => ({ path: ['roles', name] })),
    )?.text;
  assert.equal(after('a'), 'v: 1\n\nroles:\n  b: 2\n\n  c: 3\n');
  assert.equal(after('b'), 'v: 1\n\nroles:\n  a: 1\n\n  c: 3\n');
  assert.equal(after('b', 'c'), 'v: 1\n\nroles:\n  a: 1\n');
  assert.equal(after('a', 'b', 'c'), 'v: 1\n');
});

test('cut: what cannot be taken out without touching something else is left alone', () => {
  const refused: readonly (readonly [string, Cut])[] = [
    ['v: 1\na:\n  - - x\n    - y\n  - z\n', { path: ['a', 0, 0] }],
    ['v: 1\na: [x # of x\n  , y # of y\n  , z]\n', { path: ['a', 1] }],
    ['v: 1\na:\n  - k: 1\n    l: 2\n', { path: ['a', 0, 'k'] }],
    ['v: 1\na: [x, y]\n', { path: ['a', 0], instead: ['not plain: at all'] }],
    ['a: 1\n', { path: ['a'] }],
  ];
  for (const [text, one] of refused) assert.equal(cut(text, [one]), null, text);
});

test('cut: a file without a line break at its end keeps none, and what is not there changes nothing', () => {
  assert.equal(cut('v: 1\na:\n  - x\n  - y', [{ path: ['a', 0] }])?.text, 'v: 1\na:\n  - y');
  assert.deepEqual(cut('v: 1\n', [{ path: ['a', 0] }]), { text: 'v: 1\n', changes: [] });
});
