import type { CaseResult, Failure } from '../access/cases.ts';
import type { Part, Strength } from '../access/cases-strength.ts';
import { describe } from '../access/explain-people.ts';
import { printable } from '../audit/printable.ts';
import type { ToolClass } from '../config/configuration.ts';
import { annotation, annotationsMax } from './annotation.ts';
import { placeText, reasonText } from './explain-words.ts';
import { wrap } from './problems.ts';
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
      : strengthLines(coverage, ['rules and guardrails decided a test', 'no test touches'], report)),
    ...(mutation === null
      ? []
      : strengthLines(mutation, ['guardrails, rules and grants would be missed', 'no test misses'], report)),
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

export function github(report: TestReport): string {
  const { show } = report.opened;
  const errors = worstFirst(failed(report), ({ failures }) => Math.max(...failures.map(weightOf))).map((result) => ({
    title: result.name,
    place: result.place,
    message: failureLines(result.failures, report).join('\n'),
  }));
  const warnings = [
    ...(report.coverage?.missed ?? []).map((part) => partNote(part, 'no test touches')),
    ...(report.mutation?.missed ?? []).map((part) => partNote(part, 'no test misses')),
  ];
  const told = (level: 'error' | 'warning', notes: typeof errors) => [
    ...notes.slice(0, annotationsMax).map(({ title, place, message }) => {
      return annotation({ level, place: { ...show(place), col: place.col }, title, message });
    }),
    ...(notes.length > annotationsMax
      ? [annotation({ level, place: null, title: 'gatehouse test', message: `+${notes.length - annotationsMax} more` })]
      : []),
  ];
  return [...told('error', errors), ...told('warning', warnings)].join('');
}

function partNote({ kind, what, at }: Part, said: string) {
  return { title: `${said} this ${kind}`, place: at, message: what };
}

/** One test case for each test and invariant; coverage has no place in this format, and surviving mutants are cases. */
export function junit(report: TestReport): string {
  const { results, mutation, opened } = report;
  const survivors = (mutation?.missed ?? []).map(({ kind, what, at }) => ({
    name: `without the ${kind} ${what}`,
    place: at,
    lines: ['every test still passes'],
  }));
  const cases = results.map(({ name, place, failures }) => ({ name, place, lines: failureLines(failures, report) }));
  const all = [...cases, ...survivors].map(({ name, place, lines }) => {
    const { file, line } = opened.show(place);
    const head = `  <testcase name="${xml(name)}" classname="${xml(file)}" file="${xml(file)}" line="${line}"`;
    if (lines.length === 0) return `${head}/>\n`;
    return `${head}>\n    <failure message="${xml(lines[0] ?? '')}">${lines.map(xml).join('\n')}</failure>\n  </testcase>\n`;
  });
  const counts = `tests="${all.length}" failures="${failed(report).length + survivors.length}"`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuite name="gatehouse test" ${counts}>\n${all.join('')}</testsuite>\n`;
}

const entities: Readonly<Record<string, string>> = { '<': '&lt;', '>': '&gt;', '&': '&amp;', '"': '&quot;' };

/** XML 1.0 has no way to write control characters. */
function xml(text: string): string {
  return printable(text).replace(/[<>&"]/g, (character) => entities[character] ?? '');
}
