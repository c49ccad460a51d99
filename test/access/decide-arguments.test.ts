import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compile } from '../../src/access/compile.ts';
import { decide } from '../../src/access/decide.ts';
import type { Decision, ReadArguments } from '../../src/access/decision.ts';
import { entitlementOf } from '../../src/access/entitlement.ts';
import type { Policy } from '../../src/config/configuration.ts';
import { condition, conditional, gateway, grant, guardrail, person, place, policyOf, role } from './policy.ts';

const ana = person('ana', ['support']);
const target = { server: 'github', tool: 'create_issue', class: 'write' } as const;
const triage = condition({ when: 'args.repo == "triage"', line: 20 });
const docs = condition({ args: { properties: { repo: { enum: ['docs'] } }, required: ['repo'] }, line: 30 });
const triager = conditional(role('triager', [['write', 'github/*']]), [triage]);
const writer = conditional(role('writer', [['write', 'github/*']]), [docs]);
const maker = role('maker', [['write', 'github/*']]);
const urgent = guardrail('calm', ['github/*'], {
  condition: condition({ when: 'args.urgent == true', line: 40 }),
  line: 4,
});
const both = [grant('everyone', ['triager'], { line: 1 }), grant('everyone', ['writer'], { line: 2, expires: 50 })];

function ask(policy: Policy, value?: unknown): Decision {
  const args = value === undefined ? {} : { args: () => ({ kind: 'read', value }) as const };
  return decide(compile({ gateway, policy }), { who: ana, target, at: 10, ...args });
}

function outcome(decision: Decision): string {
  if (decision.effect === 'allow') return `allow ${decision.role}`;
  const { why, unmet } = decision;
  return unmet === undefined ? why : `${why} ${unmet.by} ${unmet.name}: ${unmet.detail}`;
}

describe('decide with arguments', () => {
  const roles = [triager, writer, maker];

  it('a rule allows the calls that meet its condition, and the list shows the tool', () => {
    const policy = policyOf({ roles, grants: [grant('everyone', ['triager'])] });
    assert.equal(outcome(ask(policy)), 'allow triager');
    assert.equal(outcome(ask(policy, { repo: 'triage' })), 'allow triager');
    const denied = ask(policy, { repo: 'billing' });
    assert.equal(outcome(denied), 'condition role triager: args.repo == "triage" does not hold');
    assert.deepEqual(denied.effect === 'deny' && denied.unmet?.at, place(10, 'policies/triager.yaml'));
    assert.match(outcome(ask(policy, {})), /^condition role triager: .*there is no args.repo/);
  });

  it('the first grant in deciding order whose condition is met is named, else the first that is not', () => {
    const policy = policyOf({ roles, grants: both });
    assert.equal(outcome(ask(policy, { repo: 'triage' })), 'allow triager');
    assert.equal(outcome(ask(policy, { repo: 'docs' })), 'allow writer');
    assert.match(outcome(ask(policy, { repo: 'x' })), /^condition role triager: /);
    assert.equal(
      outcome(ask(policyOf({ roles, grants: both.slice(1) }), { repo: 'x' })).slice(0, 22),
      'condition role writer:',
    );
  });

  it('a rule without condition allows every call; a list names it before those with one', () => {
    const policy = policyOf({ roles, grants: [...both, grant('everyone', ['maker'], { line: 3 })] });
    assert.equal(outcome(ask(policy)), 'allow maker');
    assert.equal(outcome(ask(policy, { repo: 'x' })), 'allow maker');
    assert.equal(outcome(ask(policy, { repo: 'triage' })), 'allow triager');
  });

  it('a guardrail takes away the calls that meet its condition, and those it cannot tell', () => {
    const policy = policyOf({ roles, grants: [grant('everyone', ['maker'])], guardrails: [urgent] });
    assert.equal(outcome(ask(policy)), 'allow maker');
    assert.equal(outcome(ask(policy, { urgent: false })), 'allow maker');
    const taken = 'condition guardrail calm: it denies calls where args.urgent == true';
    assert.equal(outcome(ask(policy, { urgent: true })), taken);
    assert.match(outcome(ask(policy, {})), /^condition guardrail calm: .*there is no args.urgent/);
  });

  it('what no arguments would change is denied for the same reason with any', () => {
    const expired = policyOf({ roles, grants: [grant('everyone', ['triager'], { expires: 5 })], guardrails: [urgent] });
    for (const value of [undefined, {}, { urgent: true }]) {
      assert.equal(outcome(ask(expired, value)), 'expired');
      assert.equal(outcome(ask(policyOf({ roles, guardrails: [urgent] }), value)), 'no_grant');
    }
  });

  it('arguments that are unfit meet no condition of a role and hit every guardrail’s', () => {
    const unfit = (policy: Policy): string => {
      const args = (): ReadArguments => ({ kind: 'unfit', detail: 'twice' });
      return outcome(decide(compile({ gateway, policy }), { who: ana, target, at: 10, args }));
    };
    assert.equal(unfit(policyOf({ roles, grants: both })), 'condition role triager: twice');
    const maker = [grant('everyone', ['maker'])];
    assert.equal(unfit(policyOf({ roles, grants: maker, guardrails: [urgent] })), 'condition guardrail calm: twice');
    assert.equal(unfit(policyOf({ roles, grants: maker })), 'allow maker');
  });

  it('one call’s answer is not the next one’s, and arguments are read only where a condition asks', () => {
    const access = compile({ gateway, policy: policyOf({ roles, grants: both }) });
    const free = compile({ gateway, policy: policyOf({ roles, grants: [grant('everyone', ['maker'])] }) });
    const unread = (): ReadArguments => assert.fail('nobody asked');
    assert.equal(outcome(decide(free, { who: ana, target, at: 10, args: unread })), 'allow maker');
    for (const repo of ['docs', 'x', 'triage', 'docs']) {
      const args = (): ReadArguments => ({ kind: 'read', value: { repo } });
      const expected = repo === 'docs' ? 'allow writer' : repo === 'x' ? 'condition' : 'allow triager';
      assert.ok(outcome(decide(access, { who: ana, target, at: 10, args })).startsWith(expected), repo);
    }
  });
});

describe('entitlements', () => {
  const roles = [triager, writer, maker];
  const entitled = (given: Partial<Parameters<typeof policyOf>[0]>) =>
    entitlementOf(compile({ gateway, policy: policyOf({ roles, ...given }) }), { who: ana, target, at: 10 });

  it('hold the alternatives by place, none twice, and until when all of them hold', () => {
    const grants = [...both, grant('everyone', ['writer', 'triager'], { line: 3, expires: 70 })];
    const { decision, ...rest } = entitled({ grants });
    assert.deepEqual(rest, { kind: 'some', conditions: [triage, docs], except: [], until: 70 });
    assert.equal(outcome(decision), 'allow triager');
  });

  it('an unconditional grant gives every call, save what a guardrail’s condition takes', () => {
    const grants = [...both, grant('everyone', ['maker'], { line: 3, expires: 40 })];
    const { decision, ...rest } = entitled({ grants, guardrails: [urgent] });
    assert.deepEqual(rest, { kind: 'some', conditions: [null], except: [urgent.condition], until: 40 });
    assert.equal(outcome(decision), 'allow maker');
  });

  it('none is what every call is denied for', () => {
    assert.deepEqual(entitled({}), { kind: 'none', decision: { effect: 'deny', why: 'no_grant' } });
  });
});
