import type { CaseResult, Failure } from '../access/cases.ts';
import type { Part, Strength } from '../access/cases-strength.ts';
import { describe } from '../access/explain-people.ts';
import type { ToolClass } from '../config/configuration.ts';
import type { Place } from '../config/problem.ts';
import { placeText, reasonText } from './explain-words.ts';
import { count, type Outcome } from './format/outcome.ts';
import { wrap } from './format/problems.ts';
import { momentText, type Opened } from './world.ts';

/** What `gatehouse test` found. */
export interface TestReport {
  readonly results: readonly CaseResult[];
  /** Null when not asked for. */
  readonly coverage: Strength | null;
  readonly mutation: Strength | null;
  readonly opened: Opened;
  readonly columns: number;
}

/** So many wrong tools of one case are told; a glob may match thousands. */
const failuresMax = 9;

const severity: Readonly<Record<ToolClass, number>> = { read: 1, write: 2, destructive: 3 };

/** An open door is worse than a closed one, and a destructive tool behind it worst. */
function weightOf({ expected, because, explanation }: Failure): number {
  if (because !== null) return 0;
  return expected === 'allow' ? 0.5 : severity[explanation.question.target.class];
}

function worstFirst<T>(items: readonly T[], weight: (item: T) => number): readonly T[] {
  return [...items].sort((a, b) => weight(b) - weight(a));
}

function failed({ results }: TestReport): readonly CaseResult[] {
  return results.filter(({ failures }) => failures.length > 0);
}

/** Whether nothing failed and no mutant lived. */
export function isFine(report: TestReport): boolean {
  return failed(report).length === 0 && (report.mutation?.missed.length ?? 0) === 0;
}

export function human(report: TestReport): string {
  const { results, coverage, mutation, columns } = report;
  const blocks = failed(report).map(({ name, place, failures }) => {
    const head = `FAIL  ${name}\n      ${placeText(report.opened.show(place))}\n`;
    return `${head}${failureLines(failures, report).map(indented(columns)).join('')}\n`;
  });
  const bad = blocks.length;
  return [
    ...blocks,
    `${results.length - bad} passed, ${bad} failed\n`,
    ...(coverage === null
      ? []
      : strengthLines(coverage, ['rules, guardrails and conditions decided a test', 'no test touches'], report)),
    ...(mutation === null
      ? []
      : strengthLines(
          mutation,
          ['guardrails, conditions, rules and grants would be missed', 'no test misses'],
          report,
        )),
  ].join('');
}

function indented(columns: number): (line: string) => string {
  return (line) => {
    const text = line.trimStart();
    return `${wrap(text, columns, ' '.repeat(6 + line.length - text.length))}\n`;
  };
}

/** `because` on a line of its own, so that both fit a terminal. */
function failureLines(failures: readonly Failure[], report: TestReport): readonly string[] {
  const worst = worstFirst(failures, weightOf);
  const lines = worst.slice(0, failuresMax).flatMap((failure) => {
    return [failureText(failure, report), `  ${causeText(failure, report)}`];
  });
  return worst.length > failuresMax ? [...lines, `+${worst.length - failuresMax} more`] : lines;
}

function failureText({ expected, because, explanation }: Failure, { opened: { world } }: TestReport): string {
  const { target, who } = explanation.question;
  const { server, tool } = target;
  const whom = describe(who, world.configuration.policy);
  const wanted = because === null ? expected : `${expected} by ${because}`;
  return `${server}/${tool} (${target.class}), ${whom}: expected ${wanted}, found ${explanation.verdict}`;
}

function causeText({ explanation }: Failure, { opened }: TestReport): string {
  return `at ${momentText(explanation.question.at)}: ${reasonText(explanation, opened)}`;
}

function strengthLines(
  { tried, missed }: Strength,
  [good, bad]: readonly [string, string],
  { opened }: TestReport,
): string[] {
  const lines = missed.map(({ kind, what, at }) => `  ${bad}  ${kind} ${what}\n    ${placeText(opened.show(at))}\n`);
  return [`\n${tried - missed.length} of ${tried} ${good}\n`, ...lines];
}

export function json(report: TestReport): string {
  const { results, coverage, mutation, opened } = report;
  const bad = failed(report).length;
  const answer = {
    ok: isFine(report),
    passed: results.length - bad,
    failed: bad,
    results: results.map(({ kind, name, place, failures }) => ({
      kind,
      name,
      ...opened.show(place),
      ok: failures.length === 0,
      failures: failures.map((failure) => failureOf(failure, opened)),
    })),
    ...(coverage === null ? {} : { coverage: strengthOf(coverage, opened) }),
    ...(mutation === null ? {} : { mutation: strengthOf(mutation, opened) }),
  };
  return `${JSON.stringify(answer, null, 2)}\n`;
}

function failureOf({ expected, because, explanation }: Failure, opened: Opened): unknown {
  const { question, verdict } = explanation;
  const { server, tool, class: toolClass } = question.target;
  return {
    who: describe(question.who, opened.world.configuration.policy),
    tool: `${server}/${tool}`,
    class: toolClass,
    at: momentText(question.at),
    expected,
    expectedBecause: because,
    found: verdict,
    because: reasonText(explanation, opened),
  };
}

function strengthOf({ tried, missed }: Strength, { show }: Opened): unknown {
  return { tried, missed: missed.map(({ kind, what, at }: Part) => ({ kind, what, ...show(at) })) };
}

const ruleTexts = {
  'policy-test': 'A policy test or invariant that does not hold.',
  'policy-untested': 'A rule or guardrail that decides no policy test.',
  'policy-unmissed': 'A part of the policy that could be taken away without any policy test failing.',
} as const;

/** What makes the command fail are errors; what `--coverage` names are warnings. */
export function outcome(report: TestReport): Outcome {
  const { results, coverage, mutation, opened } = report;
  const bad = failed(report);
  const worst = worstFirst(bad, ({ failures }) => Math.max(...failures.map(weightOf)));
  const placeOf = (place: Place) => ({ ...opened.show(place), col: place.col });
  const parts = (rule: keyof typeof ruleTexts, strength: Strength | null, said: string) =>
    (strength?.missed ?? []).map(({ kind, what, at }) => ({
      rule: { id: rule, text: ruleTexts[rule] },
      level: rule === 'policy-untested' ? ('warning' as const) : ('error' as const),
      title: `${said} this ${kind}`,
      message: what,
      place: placeOf(at),
    }));
  const survivors = mutation?.missed.length ?? 0;
  const unmissed = survivors > 0 ? [`${count(survivors, 'part')} that no test misses`] : [];
  return {
    command: 'test',
    verdict: [`${results.length - bad.length} passed, ${bad.length} failed`, ...unmissed].join(', '),
    results: [
      ...worst.map(({ name, place, failures }) => ({
        rule: { id: 'policy-test', text: ruleTexts['policy-test'] },
        level: 'error' as const,
        title: name,
        message: failureLines(failures, report).join('\n'),
        place: placeOf(place),
      })),
      ...parts('policy-unmissed', mutation, 'no test misses'),
      ...parts('policy-untested', coverage, 'no test touches'),
    ],
    passed: results
      .filter(({ failures }) => failures.length === 0)
      .map(({ name, place }) => ({ title: name, place: placeOf(place) })),
  };
}
