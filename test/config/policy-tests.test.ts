import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createFindings } from '../../src/config/findings.ts';
import { parse } from '../../src/config/parse.ts';
import { linkTests, type Suite } from '../../src/config/policy-tests.ts';
import { createShapeCheck } from '../../src/config/shape.ts';
import { grant, guardrail, policyOf, role, server } from '../access/policy.ts';
import { robots } from '../access/world.ts';

const policy = policyOf({
  groups: { staff: { claims: ['all'] }, dba: { members: ['raj@acme.co'] } },
  roles: [role('reader', [['read', 'notion/*']])],
  robots: robots('nightly'),
  grants: [grant('group:staff', ['reader'])],
  guardrails: [guardrail('calm', ['*/*'])],
});
const configuration = { policy, servers: new Map([['notion', server()]]) };

function read(body: string): { readonly suite: Suite | null; readonly told: readonly string[] } {
  const { source, problems } = parse('x.test.yaml', Buffer.from(`apiVersion: gatehouse/v1\n${body}`));
  assert.deepEqual(problems, []);
  if (source === null) return { suite: null, told: [] };
  const findings = createFindings();
  const matchesTool = ({ tool }: { readonly tool: string }) => tool !== 'gone';
  const shaped = createShapeCheck('policy-test')(source, findings);
  const suite = linkTests(shaped, { configuration, matchesTool, findings, now: 0 });
  const told = findings.problems.map(
    ({ code, at, message, hint }) => `${code} ${at.line}:${at.col} ${message}${hint === '' ? '' : ` [${hint}]`}`,
  );
  return { suite, told };
}

describe('test files', () => {
  it('a test says who, when and what; a group is its claim', () => {
    const { suite, told } = read(`tests:
  - name: one
    as: { user: lea@acme.co, groups: [staff, all] }
    at: 2027-02-01
    allow: notion/search
    deny: [notion/drop, "*/x"]
    because: reader
  - { name: two, as: "robot:nightly", call: notion/get, expect: deny }
`);
    assert.deepEqual(told, []);
    const [one, two] = suite?.tests ?? [];
    assert.deepEqual(one?.as, { kind: 'user', name: 'lea@acme.co', claims: ['all', 'all'] });
    assert.equal(one?.at, Date.UTC(2027, 1, 1));
    assert.deepEqual(
      [one?.allow, one?.deny, two?.allow, two?.deny].map((targets) =>
        targets?.map(({ server: at, tool }) => `${at}/${tool}`),
      ),
      [['notion/search'], ['notion/drop', '*/x'], [], ['notion/get']],
    );
    assert.deepEqual(two?.as, { kind: 'robot', name: 'nightly' });
    assert.equal(one?.place.line, 3);
    assert.deepEqual([one?.args, two?.args], [null, null]);
  });

  it('a call has its arguments, as JSON would have them', () => {
    const { suite, told } = read(`tests:
  - { name: one, as: "user:a", call: notion/get, args: { n: 5, list: [a, null], more: { b: true } }, expect: deny }
  - { name: two, as: "user:a", call: notion/get, args: {}, expect: deny }
`);
    assert.deepEqual(told, []);
    assert.deepEqual(
      suite?.tests.map(({ args }) => args),
      [{ n: 5, list: ['a', null], more: { b: true } }, {}],
    );
  });

  it('an invariant says never or only, of whom and what', () => {
    const { suite, told } = read(`invariants:
  a: { never: { who: robot:*, class: destructive } }
  b: { only: { who: [group:dba, user:*], tools: notion/drop } }
`);
    assert.deepEqual(told, []);
    const [a, b] = suite?.invariants ?? [];
    assert.deepEqual([a?.kind, a?.who, a?.class, a?.targets], ['never', [{ kind: 'robots' }], 'destructive', []]);
    assert.deepEqual([b?.kind, b?.who, b?.class], ['only', [{ kind: 'group', name: 'dba' }, { kind: 'users' }], null]);
  });

  const cases: readonly (readonly [string, string, readonly string[]])[] = [
    [
      'an unknown key',
      'tests: [{ name: a, as: user:x, denny: notion/x }]',
      [
        'GH030 2:32 found the unknown key denny [did you mean deny?]',
        'GH041 2:9 expected allow, deny or call, found none',
      ],
    ],
    [
      'a policy section',
      'grants: []',
      ['GH040 2:1 found grants in the wrong file [move it to a file in the policy folder]'],
    ],
    [
      'a call without an expectation',
      'tests: [{ name: a, as: user:x, call: notion/x }]',
      ['GH031 2:32 expected the key expect beside call: allow or deny'],
    ],
    [
      'an expectation of nothing',
      'tests: [{ name: a, as: user:x, expect: deny }]',
      ['GH031 2:32 expected the key call beside expect: a tool'],
    ],
    [
      'arguments of no call',
      'tests: [{ name: a, as: user:x, deny: notion/x, args: { a: 1 } }]',
      ['GH031 2:48 expected the key call beside args: the tool they are for'],
    ],
    [
      'arguments that are no map',
      'tests: [{ name: a, as: user:x, call: notion/x, args: [1], expect: deny }]',
      ['GH032 2:54 expected a map of arguments, found a list'],
    ],
    [
      'an unknown server',
      'tests: [{ name: a, as: user:x, deny: notoin/x }]',
      ['GH053 2:38 expected a server that exists, found notoin [did you mean notion?]'],
    ],
    [
      'a tool that is none',
      'tests: [{ name: a, as: user:x, deny: [notion/x, notion/gone] }]',
      [
        'GH090 2:49 expected something that is a tool, found notion/gone, which matches none in the lock [gatehouse lock keeps the list of tools]',
      ],
    ],
    [
      'an unknown reason',
      'tests: [{ name: a, as: user:x, deny: notion/x, because: raeder }]',
      ['GH091 2:57 expected a role or guardrail that exists, found raeder [did you mean reader?]'],
    ],
    [
      'an unknown robot',
      'tests: [{ name: a, as: robot:nighly, deny: notion/x }]',
      ['GH052 2:24 expected a robot that exists, found nighly [did you mean nightly?]'],
    ],
    [
      'an unknown group',
      'tests: [{ name: a, as: { user: x, groups: [stuff] }, deny: notion/x }]',
      ['GH051 2:44 expected a group that exists, found stuff [did you mean staff?]'],
    ],
    [
      'a group that no token names',
      'tests: [{ name: a, as: { user: x, groups: [dba] }, deny: notion/x }]',
      [
        'GH092 2:44 expected a group that a token can name, found dba, whose members are listed [ask as one of them: user:raj@acme.co]',
      ],
    ],
    [
      'a caller without its prefix',
      'tests: [{ name: a, as: lea, deny: notion/x }]',
      [
        'GH034 2:24 expected user:NAME, robot:NAME or { user, groups }, found "lea" [for example user:ana@acme.co or { user: ana@acme.co, groups: [staff] }]',
      ],
    ],
    [
      'a day that is none',
      'tests: [{ name: a, as: user:x, at: 2027-02-30, deny: notion/x }]',
      ['GH057 2:36 expected a day and time that exist, found 2027-02-30'],
    ],
    [
      'a name used twice',
      'tests:\n  - { name: a, as: user:x, deny: notion/x }\n  - { name: a, as: user:y, deny: notion/x }',
      ['GH093 4:5 found a second test of this name; the first is in line 3'],
    ],
    [
      'an invariant of nothing',
      'invariants: { a: {} }',
      ['GH041 2:15 expected exactly one of never, only, found none'],
    ],
    [
      'an invariant about nobody',
      'invariants: { a: { never: { who: robots } } }',
      ['GH054 2:34 expected user:NAME, group:NAME, robot:NAME or everyone, found robots [did you mean user:robots?]'],
    ],
    [
      'sections that are no sections',
      'tests: 3\ninvariants: []',
      ['GH032 2:8 expected a list, found 3', 'GH032 3:13 expected a map, found a list'],
    ],
  ];
  for (const [name, body, expected] of cases) {
    it(`tells ${name}`, () => assert.deepEqual(read(body).told, expected));
  }
});
