import type { Terms } from '../../access/compile.ts';
import { verdictOf } from '../../access/decide.ts';
import type { Decision, DenialReason } from '../../access/decision.ts';
import type { SidedPlace } from '../../access/difference-because.ts';
import { revocationOf } from '../../access/explain-caller.ts';
import type { World } from '../../access/explain-world.ts';
import type { CallKey } from '../../audit/replay/replay.ts';
import type { ToolClass } from '../../config/configuration.ts';
import { canonicalJson } from '../../config/lock-hash.ts';
import { overriddenClass } from '../../config/overridden-class.ts';
import type { Place } from '../../config/problem.ts';
import type { Identity } from '../../identity/identity.ts';

/** What one side says of a call. */
export interface Judgement {
  readonly effect: Decision['effect'];
  /** Why it is denied, in a few words; empty when it is allowed. */
  readonly reason: string;
  /** What decides. */
  readonly because: readonly SidedPlace[];
}

/** What one side says of all calls that differ in their arguments only. */
export interface Standing {
  readonly judgement: Judgement;
  /** What the answer for one call depends on; null when all are answered alike. */
  readonly terms: Terms | null;
}

/** Asks one side; `at` is the moment as from which sides are compared, epoch milliseconds. */
export interface Side {
  standing(who: Identity, call: CallKey, at: number): Standing;
  judge(decision: Decision): Judgement;
}

const denials: Readonly<Record<DenialReason, string>> = {
  no_grant: 'no grant allows it',
  expired: 'the grant is over',
  not_started: 'the grant has not begun',
  guardrail: 'a guardrail takes it away',
  condition: 'not with these arguments',
};

export function createSide({ configuration, access, tools }: World, side: SidedPlace['side']): Side {
  const { policy, servers, gateway } = configuration;
  const classes = new Map(tools.map((tool) => [`${tool.server}/${tool.tool}`, tool.class]));
  const on = (place: Place): SidedPlace => ({ ...place, side });
  return { standing, judge };

  function standing(who: Identity, { server: name, tool, risk }: CallKey, at: number): Standing {
    const closed = closedTo(who, { name, tool, at });
    if (closed !== null) return { judgement: closed, terms: null };
    const target = { server: name, tool, class: classOf(name, tool) ?? risk };
    const { decision, terms } = verdictOf(access, { who, target, at });
    return { judgement: judge(decision), terms };
  }

  /** The recorded class holds for what the files say nothing of. */
  function classOf(name: string, tool: string): ToolClass | null {
    const server = servers.get(name);
    return classes.get(`${name}/${tool}`) ?? (server === undefined ? null : overriddenClass(server, tool));
  }

  function closedTo(who: Identity, call: { name: string; tool: string; at: number }): Judgement | null {
    const { name, tool, at } = call;
    if (!servers.has(name)) return denied(`there is no server ${name}`);
    if (who.kind === 'robot' && !policy.robots.has(who.subject)) return denied('there is no such robot');
    const revoked = revocationOf(policy, who, at);
    if (revoked !== null) return denied('they are revoked', revoked.at);
    const isHidden = gateway.lock === 'strict' && !classes.has(`${name}/${tool}`);
    return isHidden ? denied('lock: strict hides it, as no lock lists it') : null;
  }

  function judge(decision: Decision): Judgement {
    if (decision.effect === 'allow') {
      return { effect: 'allow', reason: '', because: [decision.grant, decision.rule].map(on) };
    }
    const { by, unmet, why } = decision;
    if (by !== undefined) return denied(`the guardrail ${by.name} takes it away`, by.at);
    return unmet === undefined ? denied(denials[why]) : denied(`${unmet.by} ${unmet.name}: ${unmet.detail}`, unmet.at);
  }

  function denied(reason: string, at?: Place): Judgement {
    return { effect: 'deny', reason, because: at === undefined ? [] : [on(at)] };
  }
}

/** Equal where the same is asked of arguments. */
export function keyOfTerms({ alternatives, except }: Terms): string {
  const text = (condition: Terms['alternatives'][number]['condition']) =>
    condition === null ? '' : canonicalJson({ args: condition.source.args, when: condition.source.when });
  const ways = alternatives.map(({ condition }) => text(condition)).sort();
  return JSON.stringify([ways, except.map(({ condition }) => text(condition)).sort()]);
}

/** Whether the time of a call may matter to its conditions. */
export function asksForTime({ alternatives, except }: Terms): boolean {
  const conditions = [...alternatives, ...except].map(({ condition }) => condition?.source.when ?? '');
  return conditions.some((when) => /\bnow\b/.test(when));
}
