import type { Terms } from '../../access/compile.ts';
import { verdictOf } from '../../access/decide.ts';
import type { Decision } from '../../access/decision.ts';
import type { World } from '../../access/explain-world.ts';
import { weigh } from '../../access/weigh.ts';
import { COLUMNS } from '../../audit/record/columns.ts';
import { type Missing, recordedArguments } from '../../audit/replay/arguments.ts';
import type { RecordedCall } from '../../audit/replay/recorded-call.ts';
import { decisionFields } from '../../calls/record.ts';
import type { Identity } from '../../identity/identity.ts';
import { createIsRevoked } from '../../identity/revoked.ts';
import { argumentsAgain, recordedCaller } from '../plan/replay-caller.ts';

/** A decision in the words of its record. */
export type DecisionWords = Readonly<Record<(typeof fields)[number], string>>;

const fields = ['decision', 'why', 'rule', 'ticket'] as const;

/** What came of deciding a recorded call again. */
export type Redecided =
  | { readonly kind: 'agrees'; readonly decided: DecisionWords }
  /** `decided` is null where the policy cannot have been asked, or decides otherwise in more than one way. */
  | { readonly kind: 'disagrees'; readonly decided: DecisionWords | null; readonly reason: string }
  /** It depends on what neither the record nor the files hold; what is recorded is possible. */
  | { readonly kind: 'undecided'; readonly reason: string };

const missingTexts: Readonly<Record<Missing, string>> = {
  'not-recorded': 'it depends on the arguments, and the record keeps none',
  redacted: 'it depends on an argument that the record masks',
  cut: 'it depends on an argument that the record does not keep whole',
};

const unfit = 'it is right if programs may read the arguments differently, which is not recorded';

/** Decides again what was decided then, at that time. */
export function redecide(world: World, call: RecordedCall): Redecided {
  const who = recordedCaller(call);
  const { server, tool, risk, at } = call;
  const { policy, servers } = world.configuration;
  if (!servers.has(server)) return impossible(`it has no server ${server}`);
  if (who.kind === 'robot' && !policy.robots.has(who.subject)) return impossible(`it has no robot ${who.subject}`);
  if (createIsRevoked(policy)(who, at)) {
    return impossible(`it has revoked ${who.kind === 'robot' ? 'what proved the robot' : who.user} by then`);
  }
  const { decision, terms } = verdictOf(world.access, { who, target: { server, tool, class: risk }, at });
  if (terms === null) return compared(decision, call);
  const known = recordedArguments(call.args, call.argsGiven);
  const weighed = weigh(terms, { who, args: argumentsAgain(call, known), at });
  const missing = known.missing();
  if (missing === null) {
    const again = compared(weighed, call);
    return again.kind === 'disagrees' && wasUnfit(terms, { who, call }) ? { kind: 'undecided', reason: unfit } : again;
  }
  const isPossible = possible(terms).some((each) => isAsRecorded(wordsOf(each), call));
  if (isPossible) return { kind: 'undecided', reason: missingTexts[missing] };
  return impossible('it does not decide so, whatever the arguments');
}

/**
 * Of a call that was allowed no record tells that its arguments were unfit to be judged, and what is kept of them is
 * fit: a rule without condition may have allowed what another seems to.
 */
function wasUnfit(terms: Terms, { who, call }: { who: Identity; call: RecordedCall }): boolean {
  const decision = weigh(terms, { who, args: () => ({ kind: 'unfit', detail: '' }), at: call.at });
  const isRewritten = call.argsBytes !== Buffer.byteLength(JSON.stringify(call.args ?? {}));
  return isRewritten && decision.effect === 'allow' && isAsRecorded(wordsOf(decision), call);
}

function impossible(reason: string): Redecided {
  return { kind: 'disagrees', decided: null, reason };
}

function compared(decision: Decision, call: RecordedCall): Redecided {
  const decided = wordsOf(decision);
  if (isAsRecorded(decided, call)) return { kind: 'agrees', decided };
  const other = fields.filter((name) => decided[name] !== call[name]);
  return { kind: 'disagrees', decided, reason: `it decides otherwise: ${other.join(', ')}` };
}

function isAsRecorded(decided: DecisionWords, call: DecisionWords): boolean {
  return fields.every((name) => decided[name] === call[name]);
}

/** As a record has them: cut where it cuts. */
function wordsOf(decision: Decision): DecisionWords {
  const said = decisionFields(decision);
  return decisionWords((name) => (said[name] ?? '').slice(0, COLUMNS[name].max));
}

/** The fields that tell a decision, each as `tell` has it. */
export function decisionWords(tell: (name: (typeof fields)[number]) => string): DecisionWords {
  return { decision: tell('decision'), why: tell('why'), rule: tell('rule'), ticket: tell('ticket') };
}

/** Every answer that some arguments get. */
function possible({ except, alternatives }: Terms): readonly Decision[] {
  const denied = (by: 'role' | 'guardrail', { name, at }: Pick<Terms['except'][number], 'name' | 'at'>): Decision => {
    return { effect: 'deny', why: 'condition', unmet: { by, name, at, detail: '' } };
  };
  const nearest = alternatives.every(({ condition }) => condition !== null) ? alternatives[0] : undefined;
  return [
    ...except.map((each) => denied('guardrail', each)),
    ...alternatives.map(({ allow }) => allow),
    ...(nearest === undefined ? [] : [denied('role', { name: nearest.allow.role, at: nearest.allow.rule })]),
  ];
}
