import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compile } from '../../src/access/compile.ts';
import { decideContent } from '../../src/access/decide.ts';
import { condition, gateway, grant, guardrail, person, place, policyOf, robot, role, target } from './policy.ts';

const reader = {
  ...role('reader', [['any', 'docs/*']]),
  prompts: [target('docs/brief_*', place(5))],
  resources: [target('docs/file:///handbook/*', place(6))],
};
const never = condition({ when: 'false' });
const policy = policyOf({
  roles: [reader],
  grants: [grant('everyone', ['reader'], { line: 2, expires: 50 })],
  guardrails: [
    guardrail('private', [], { resources: ['*/file:///handbook/pay*'], to: ['robot:*'], condition: never, line: 9 }),
  ],
});
const access = compile({ gateway, policy });

function said(kind: 'prompt' | 'resource', name: string, { who = person('ana'), at = 10 } = {}): string {
  const decision = decideContent(access, { who, target: { kind, server: 'docs', name }, at });
  return decision.effect === 'allow' ? `${decision.role} line ${decision.rule.line}` : decision.why;
}

test('prompts and resources are allowed by rules of their own and no tool’s', () => {
  assert.equal(said('prompt', 'brief_team'), 'reader line 5');
  assert.equal(said('resource', 'file:///handbook/pay.md'), 'reader line 6');
  assert.equal(said('prompt', 'other'), 'no_grant');
  assert.equal(said('prompt', 'file:///handbook/pay.md'), 'no_grant');
  assert.equal(said('resource', 'brief_team'), 'no_grant');
});

test('grants and guardrails hold for them as for tools, and no condition spares them', () => {
  assert.equal(said('prompt', 'brief_team', { at: 50 }), 'expired');
  assert.equal(said('resource', 'file:///handbook/pay.md', { who: robot('bot') }), 'guardrail');
  assert.equal(said('resource', 'file:///handbook/leave.md', { who: robot('bot') }), 'reader line 6');
});
