import type { SidedPlace } from '../../access/difference-because.ts';
import type { World } from '../../access/explain-world.ts';
import { weigh } from '../../access/weigh.ts';
import { type Missing, recordedArguments } from '../../audit/replay/arguments.ts';
import type { ArgumentGroup, CallGroup, CallKey } from '../../audit/replay/replay.ts';
import type { Identity } from '../../identity/identity.ts';
import { argumentsAgain, recordedCaller } from './replay-caller.ts';
import { asksForTime, createSide, type Judgement, keyOfTerms, type Side, type Standing } from './replay-judge.ts';

/** What a change does to the calls of the past, were they made again. */
export interface Replay {
  /** Decisions about tools that were read. */
  readonly calls: number;
  /** Calls that were allowed, that the base allows and the head does not; most calls first. */
  readonly vanishing: readonly UsedAccess[];
  /** Calls that were denied, that the base denies and the head allows. */
  readonly allowed: readonly UsedAccess[];
  /** Calls of which it cannot be told, by why. */
  readonly undecided: ReadonlyMap<Undecided, number>;
  /** Calls that the base decides otherwise already: the policy has changed since. */
  readonly earlier: { readonly denied: number; readonly allowed: number };
}

/** `too-many`: so many different arguments are not read. */
export type Undecided = Missing | 'too-many';

/** What somebody used, or tried to. */
export interface UsedAccess extends Pick<CallKey, 'server' | 'tool'> {
  /** `user:ana@acme.co`, `robot:nightly`. */
  readonly who: string;
  readonly class: CallKey['risk'];
  readonly calls: number;
  /** Of the last, epoch milliseconds. */
  readonly last: number;
  /** Why the head denies it; empty when it allows. */
  readonly reason: string;
  readonly because: readonly SidedPlace[];
}

export interface ReplaySides {
  readonly base: World;
  readonly head: World;
  /** As from when the sides are compared, epoch milliseconds. */
  readonly at: number;
}

/** Decides recorded calls again on both sides. */
export interface Replaying {
  /** Takes all that does not depend on arguments; what does is left for `addArguments`. */
  add(groups: readonly CallGroup[]): void;
  /** The tools whose arguments must be read, `server/tool`, and whether the time of each call matters. */
  waiting(): { readonly tools: readonly string[]; readonly byTime: boolean };
  addArguments(groups: readonly ArgumentGroup[]): void;
  /** What still waits is undecided. */
  sum(): Replay;
}

interface Waiting {
  readonly who: Identity;
  readonly base: Standing;
  readonly head: Standing;
  /** Calls whose arguments have not been read. */
  left: number;
}

export function createReplaying({ base, head, at }: ReplaySides): Replaying {
  const [before, after] = [createSide(base, 'base'), createSide(head, 'head')];
  const callerOf = createCallers();
  const waiting = new Map<string, Waiting>();
  const tools = new Set<string>();
  const tally = createTally();
  let byTime = false;
  return { add: (groups) => groups.forEach(addOne), waiting: () => ({ tools: [...tools], byTime }), addArguments, sum };

  function addOne(call: CallGroup): void {
    const who = callerOf(call);
    const [was, is] = [before.standing(who, call, at), after.standing(who, call, at)];
    const terms = [was.terms, is.terms].flatMap((each) => each ?? []);
    const [one, other] = terms.map(keyOfTerms);
    if (terms.length === 0) return tally.add(call, was.judgement, is.judgement);
    if (one === other) return tally.same(call);
    byTime ||= terms.some(asksForTime);
    tools.add(`${call.server}/${call.tool}`);
    waiting.set(keyOf(call), { who, base: was, head: is, left: call.calls });
  }

  function addArguments(groups: readonly ArgumentGroup[]): void {
    for (const call of groups) {
      const asked = waiting.get(keyOf(call));
      if (asked === undefined) continue;
      // A log that is being written may hold more calls by now.
      asked.left = Math.max(0, asked.left - call.calls);
      const was = judgeOne(before, asked.base, { call, who: asked.who });
      const is = judgeOne(after, asked.head, { call, who: asked.who });
      // What the base says of arguments that are not known is what was said then: it hardly is another policy.
      if (is.missing === null) tally.add(call, was.missing === null ? was : { ...was, effect: call.decision }, is);
      else tally.undecided(is.missing, call.calls);
    }
  }

  function sum(): Replay {
    for (const { left } of waiting.values()) if (left > 0) tally.undecided('too-many', left);
    return tally.sum();
  }
}

interface Judged extends Judgement {
  /** What of the arguments it would take to tell. */
  readonly missing: Missing | null;
}

function judgeOne(
  side: Side,
  { judgement, terms }: Standing,
  { call, who }: { readonly call: ArgumentGroup; readonly who: Identity },
): Judged {
  if (terms === null) return { ...judgement, missing: null };
  const known = recordedArguments(call.args === null ? undefined : JSON.parse(call.args), call.argsGiven);
  const decision = weigh(terms, { who, args: argumentsAgain(call, known), at: call.last });
  const missing = known.missing();
  return missing === null ? { ...side.judge(decision), missing } : { ...judgement, missing };
}

/** One identity for all calls of the same caller, so that what is found out about it is found out once. */
function createCallers(): (call: CallKey) => Identity {
  const known = new Map<string, Identity>();
  return (call) => {
    const key = JSON.stringify([call.actor, call.actorType, call.email, call.groups]);
    const who = known.get(key) ?? recordedCaller(call);
    known.set(key, who);
    return who;
  };
}

function keyOf({ actor, actorType, email, groups, server, tool, risk, decision }: CallKey): string {
  return JSON.stringify([actor, actorType, email, groups, server, tool, risk, decision]);
}

function createTally() {
  const vanishing = createUses();
  const allowed = createUses();
  const undecided = new Map<Undecided, number>();
  const earlier = { denied: 0, allowed: 0 };
  let calls = 0;
  return {
    same(call: CallGroup): void {
      calls += call.calls;
    },
    add(call: CallGroup, base: Judgement, head: Judgement): void {
      calls += call.calls;
      if (base.effect !== call.decision) earlier[base.effect === 'deny' ? 'denied' : 'allowed'] += call.calls;
      else if (head.effect !== base.effect) (head.effect === 'deny' ? vanishing : allowed).add(call, base, head);
    },
    undecided(why: Undecided, count: number): void {
      calls += count;
      undecided.set(why, (undecided.get(why) ?? 0) + count);
    },
    sum: (): Replay => ({ calls, vanishing: vanishing.all(), allowed: allowed.all(), undecided, earlier }),
  };
}

function createUses() {
  const uses = new Map<string, UsedAccess>();
  return {
    /** Places of the head come first. */
    add(call: CallGroup, base: Judgement, { reason, because }: Judgement): void {
      const { actor, actorType, server, tool, risk, calls, last } = call;
      const who = `${actorType === 'robot' ? 'robot' : 'user'}:${actor}`;
      const places = [...because, ...base.because];
      const key = JSON.stringify([who, server, tool, risk, reason, places]);
      const known = uses.get(key);
      uses.set(key, {
        ...{ who, server, tool, class: risk, reason, because: places },
        calls: calls + (known?.calls ?? 0),
        last: Math.max(last, known?.last ?? last),
      });
    },
    all: () => [...uses.values()].sort((a, b) => b.calls - a.calls || b.last - a.last),
  };
}
