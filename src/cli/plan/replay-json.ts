import { momentText } from '../world.ts';
import type { UsedAccess } from './replay.ts';
import type { ReplayReport } from './replay-read.ts';
import type { PlanReport } from './report.ts';

/** More than anybody reads; what is beyond is counted. */
const usesMax = 10_000;

/** The member `replay` of `schema/plan-output.schema.json`. */
export function replayAnswer(replay: ReplayReport, show: PlanReport['show']): unknown {
  const { calls, since, until, vanishing, allowed, undecided, earlier, isCut, unreadable } = replay;
  const told = (uses: readonly UsedAccess[]) =>
    uses.slice(0, usesMax).map(({ who, server, tool, class: toolClass, calls: number, last, reason, because }) => {
      const used = { who, tool: `${server}/${tool}`, class: toolClass, calls: number, last: momentText(last) };
      return { ...used, reason, because: because.map(show) };
    });
  return {
    calls,
    since: since === null ? null : momentText(since),
    until: until === null ? null : momentText(until),
    vanishing: told(vanishing),
    moreVanishing: Math.max(0, vanishing.length - usesMax),
    allowed: told(allowed),
    moreAllowed: Math.max(0, allowed.length - usesMax),
    undecided: Object.fromEntries(undecided),
    earlier,
    complete: !isCut && unreadable === 0,
  };
}
