import type { Alternative, CompiledGrant, CompiledRole, Section, Verdict, Window } from './compile.ts';
import type { Decision, DenialReason } from './decision.ts';
import { type CompiledRule, rulesAbout, type Sought } from './rule-book.ts';

/** What can be said before the arguments are known, and what they must then be held against. */
export function verdictIn(window: Window, section: Section, sought: Sought): Verdict {
  const taking = window.guardrails.filter((guardrail) => rulesAbout(guardrail[section], sought).length > 0);
  // Conditions are about calls: there are no arguments that could keep a guardrail from taking anything else.
  const by = taking.find(({ condition }) => condition === null || section !== 'tools');
  if (by !== undefined) return fixed(sought, { effect: 'deny', why: 'guardrail', by: { name: by.name, at: by.at } });
  const alternatives = alternativesIn(window.active, section, sought);
  const [first] = alternatives;
  if (first === undefined) return fixed(sought, { effect: 'deny', why: reasonIn(window, section, sought) });
  const sure = alternatives.find(({ condition }) => condition === null);
  if (sure === first && taking.length === 0) return fixed(sought, first.allow);
  const except = taking.flatMap(({ name, at, condition }) => (condition === null ? [] : { name, at, condition }));
  return { class: sought.class, decision: (sure ?? first).allow, terms: { except, alternatives } };
}

function fixed(sought: Sought, decision: Decision): Verdict {
  return { class: sought.class, decision, terms: null };
}

function reasonIn({ expired, coming }: Window, section: Section, sought: Sought): DenialReason {
  if (alternativesIn(expired, section, sought).length > 0) return 'expired';
  return alternativesIn(coming, section, sought).length > 0 ? 'not_started' : 'no_grant';
}

/** The rules that allow, in deciding order, up to the first that allows every call. */
function alternativesIn(grants: readonly CompiledGrant[], section: Section, sought: Sought): readonly Alternative[] {
  const found: Alternative[] = [];
  for (const grant of grants) {
    for (const role of grant.roles) {
      const rules = rulesAbout(role[section], sought);
      for (const rule of rules) found.push(allowedBy(grant, role, rule));
      if (rules.at(-1)?.condition === null) return found;
    }
  }
  return found;
}

function allowedBy(grant: CompiledGrant, { name: role }: CompiledRole, { condition, at }: CompiledRule): Alternative {
  const until = grant.expires === Number.POSITIVE_INFINITY ? null : grant.expires;
  return { allow: { effect: 'allow', role, rule: at, grant: grant.at, ticket: grant.ticket, until }, condition };
}
