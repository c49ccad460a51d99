import type { AccessChange } from '../../access/difference-gathering.ts';
import { holds, type Terms, type Timeline } from '../../access/difference-held.ts';
import { momentText } from '../world.ts';
import { replayAnswer } from './replay-json.ts';
import { namesOf, type PlanReport, whoText } from './report.ts';

/** More than a pull request can mean; what is beyond is counted. */
const changesMax = 10_000;
const toolsMax = 1_000;

/** As `schema/plan-output.schema.json` says. */
export function json(report: PlanReport): string {
  const { difference, base, head, at, people, exceeded, replay, show } = report;
  const { verdict, changes, guardrails, settings, isExact, held, lost } = difference;
  const answer = {
    verdict,
    base: base.commit,
    head: head.commit,
    at: momentText(at),
    exact: isExact,
    access: { held, lost },
    exceeded,
    ...(people === null ? {} : { people: people.total }),
    changes: changes.slice(0, changesMax).map((change) => changeOf(change, report)),
    moreChanges: Math.max(0, changes.length - changesMax),
    guardrails: guardrails.map(({ name, change, at: place }) => ({ name, change, ...show(place) })),
    settings: settings.map(({ what, change, detail, effect, at: place }) => {
      return { what, change, detail, effect, ...show(place) };
    }),
    ...(replay === null ? {} : { replay: replayAnswer(replay, show) }),
  };
  return `${JSON.stringify(answer, null, 2)}\n`;
}

function changeOf(change: AccessChange, { people, show }: PlanReport): unknown {
  const { except, kind, direction, tools, class: toolClass, before, after, because } = change;
  return {
    who: whoText(change),
    except: namesOf(except),
    change: kind,
    direction,
    class: toolClass,
    tools: tools.slice(0, toolsMax),
    moreTools: Math.max(0, tools.length - toolsMax),
    before: periodsOf(before),
    after: periodsOf(after),
    ...(people === null ? {} : { people: people.of(change) }),
    because: because.map(show),
  };
}

/** Null `from` is now and before; null `until` has no end; no condition allows every call. */
function periodsOf(timeline: Timeline): readonly unknown[] {
  return timeline.flatMap((stretch, index) => {
    if (!holds(stretch)) return [];
    const end = timeline[index + 1]?.from;
    const isFree = stretch.alternatives.some((terms) => terms === null);
    return [
      {
        from: index === 0 ? null : momentText(stretch.from),
        until: end === undefined ? null : momentText(end),
        conditions: isFree ? [] : stretch.alternatives.flatMap((terms) => (terms === null ? [] : [termsOf(terms)])),
        except: stretch.except.map(termsOf),
      },
    ];
  });
}

function termsOf({ args, when }: Terms): unknown {
  return { ...(args === null ? {} : { args }), ...(when === null ? {} : { when }) };
}
