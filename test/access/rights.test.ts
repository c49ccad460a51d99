import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compile } from '../../src/access/compile.ts';
import { mayReach, rightsOf } from '../../src/access/rights.ts';
import { gateway, grant, guardrail, person, policyOf, robot, role } from './policy.ts';

const noon = Date.UTC(2027, 0, 1, 12);
const hour = 3_600_000;

const access = compile({
  gateway,
  policy: policyOf({
    groups: { staff: { claims: ['all'] } },
    roles: [role('reader', [['read', 'notion/*']]), role('analyst', [['write', 'db/*']])],
    grants: [
      grant('group:staff', ['reader']),
      grant('user:maria', ['reader', 'analyst'], { starts: noon, expires: noon + 2 * hour }),
      grant('user:raj', ['reader']),
    ],
  }),
});

test('people with the same roles have the same rights, however they came by them', () => {
  const byGroup = rightsOf(access, person('new', ['all']), noon);
  assert.equal(rightsOf(access, person('raj'), noon).key, byGroup.key);
  assert.equal(rightsOf(access, person('raj', ['all']), noon).key, byGroup.key);
  assert.notEqual(rightsOf(access, person('nobody'), noon).key, byGroup.key);
  assert.equal(rightsOf(access, person('nobody'), noon).key, rightsOf(access, robot('unknown'), noon).key);
});

test('until is the next date at which something changes, and the key is another from then on', () => {
  const maria = person('maria', ['all']);
  const at = [noon - 1, noon, noon + 2 * hour - 1, noon + 2 * hour].map((time) => rightsOf(access, maria, time));
  assert.deepEqual(
    at.map(({ until }) => until),
    [noon, noon + 2 * hour, noon + 2 * hour, null],
  );
  assert.equal(new Set(at.map(({ key }) => key)).size, 3);
  assert.equal(at[1]?.key, at[2]?.key);
});

test('rights that end at different times are different rights', () => {
  const ending = compile({
    gateway,
    policy: policyOf({
      roles: [role('reader', [['read', 'notion/*']])],
      grants: [
        grant('user:ana', ['reader'], { expires: noon + hour }),
        grant('user:raj', ['reader'], { expires: noon + 2 * hour }),
      ],
    }),
  });
  assert.notEqual(rightsOf(ending, person('ana'), noon).key, rightsOf(ending, person('raj'), noon).key);
});

test('equal roles under different guardrails are different rights', () => {
  const guarded = compile({
    gateway,
    policy: policyOf({
      roles: [role('reader', [['read', 'notion/*']])],
      grants: [grant('everyone', ['reader'])],
      guardrails: [guardrail('calm', ['*/*'], { to: ['robot:*', 'user:lee'], except: ['robot:trusted'] })],
    }),
  });
  const key = (who: Parameters<typeof rightsOf>[1]) => rightsOf(guarded, who, noon).key;
  assert.equal(key(person('lee')), key(robot('nightly')));
  assert.equal(key(person('ana')), key(robot('trusted')));
  assert.notEqual(key(person('ana')), key(person('lee')));
});

test('a server is mentioned to whom a rule reaches it, unless a guardrail takes all of it away', () => {
  const guarded = compile({
    gateway,
    policy: policyOf({
      roles: [role('reader', [['read', 'notion/*', 'wiki/*']])],
      grants: [grant('everyone', ['reader'])],
      guardrails: [
        guardrail('closed', ['notion/*'], { to: ['robot:*'] }),
        guardrail('partly', ['wiki/x', 'wiki/y*'], { to: ['robot:*'] }),
        guardrail('calm', ['*/*'], { class: 'destructive' }),
      ],
    }),
  });
  const reach = (who: Parameters<typeof rightsOf>[1], server: string) => mayReach(guarded, { who, server, at: noon });
  assert.equal(reach(person('ana'), 'notion'), true);
  assert.equal(reach(person('ana'), 'crm'), false);
  assert.equal(reach(robot('nightly'), 'notion'), false);
  assert.equal(reach(robot('nightly'), 'wiki'), true);
});
