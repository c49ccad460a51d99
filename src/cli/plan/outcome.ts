import { accessVerdict, guardrailVerdict, type PlanVerdict, verdicts } from '../../access/difference.ts';
import type { SidedPlace } from '../../access/difference-because.ts';
import type { Outcome, Result, Rule } from '../format/outcome.ts';
import { replayLines } from './replay-text.ts';
import { isAtLeast, type PlanReport, whoText } from './report.ts';
import {
  exceptText,
  guardrailText,
  heldText,
  listText,
  peopleText,
  placesText,
  settingText,
  verdictText,
} from './words.ts';

/** So many tools are named of a change. */
const toolsMax = 10;
/** So many uses are told of those that would vanish, and of those that would be allowed. */
const replayedMax = 100;

const ruleTexts = {
  'plan-guardrail': 'A guardrail takes away more or less than before',
  'plan-access': 'Somebody gains or loses a tool, or holds it otherwise',
  'plan-setting': 'A setting matters to who may do what, or to where calls go',
  'plan-limit': 'A change is over a limit',
  'plan-replay': 'A call of the past would come to something else',
} as const;

/** For pages that show findings: an error is what a limit forbids, everything else a warning; the worst first. */
export function planOutcome(report: PlanReport): Outcome {
  const { guardrails, changes, settings, verdict } = report.difference;
  const start = { file: report.file, line: 1, col: 1 };
  const limits = report.exceeded.map(({ limit, message }): Judged => {
    const result = { rule: rule('plan-limit'), level: 'error', title: limit, message, place: start } as const;
    return { verdict: 'relaxes-guardrail', result };
  });
  const told = createTelling(report);
  const judged = [
    ...limits,
    ...guardrails.map((each) =>
      told(guardrailVerdict(each), 'plan-guardrail', [`guardrail ${guardrailText(each)}`, '', [each.at]]),
    ),
    ...changes.map((each) => {
      const title = `${whoText(each)} ${each.kind} ${each.class}: ${listText(each.tools, toolsMax)}`;
      const notes = [heldText(each), exceptText(each), peopleText(each, report)].filter((text) => text !== '');
      return told(accessVerdict(each), 'plan-access', [title, notes.join('\n'), each.because]);
    }),
    ...settings.map((each) => told(each.effect, 'plan-setting', [settingText(each), '', [each.at]])),
    ...(report.replay === null ? [] : replayLines(report.replay, replayedMax)).map(({ kind, text, because }) => {
      const { result } = told('none', 'plan-replay', [text, '', because]);
      if (kind === 'vanishing') return { verdict: 'widens' as const, result };
      return {
        verdict: 'none' as const,
        result: { ...result, level: kind === 'allowed' ? 'warning' : 'note' } as const,
      };
    }),
  ];
  const results = judged.sort((a, b) => rank(b) - rank(a)).map(({ result }) => result);
  const passed = limits.length === 0 ? [{ title: `within the limits: ${verdict}`, place: start }] : [];
  return { command: 'plan', verdict: verdictText(report), results, passed };
}

interface Judged {
  readonly verdict: PlanVerdict;
  readonly result: Result;
}

function rank({ verdict, result }: Judged): number {
  return verdicts.indexOf(verdict) + (result.level === 'error' ? verdicts.length : 0);
}

/** A line of the base may be another one in the files that a page shows: a place of the head goes before. */
function createTelling(report: PlanReport) {
  return (
    verdict: PlanVerdict,
    id: keyof typeof ruleTexts,
    [title, note, places]: readonly [string, string, readonly SidedPlace[]],
  ): Judged => {
    const place = places.find(({ side }) => side === 'head') ?? places[0];
    const { file, line } = place === undefined ? { file: report.file, line: 1 } : report.show(place);
    const isDenied = report.deny !== null && isAtLeast(verdict, report.deny);
    const level = isDenied ? 'error' : verdict === 'narrows' ? 'note' : 'warning';
    const message = [note, placesText(places, report)].filter((text) => text !== '').join('\n');
    return { verdict, result: { rule: rule(id), level, title, message, place: { file, line, col: place?.col ?? 1 } } };
  };
}

function rule(id: keyof typeof ruleTexts): Rule {
  return { id, text: ruleTexts[id] };
}
