import { accessVerdict, guardrailVerdict, type PlanVerdict } from '../../access/difference.ts';
import type { AccessChange } from '../../access/difference-gathering.ts';
import type { GuardrailChange } from '../../access/difference-guardrails.ts';
import type { SettingChange } from '../../access/difference-settings.ts';
import { fit, printable } from '../../audit/answer/printable.ts';
import { wrap } from '../format/problems.ts';
import { type ReplayLine, replayHead, replayLines } from './replay-text.ts';
import { type PlanReport, whoText } from './report.ts';
import {
  comparedText,
  exceptText,
  guardrailText,
  heldText,
  listText,
  peopleText,
  placesText,
  settingText,
  signs,
  verdictText,
} from './words.ts';

/** So many tools are named of a change. */
const toolsMax = 24;
/** So many uses are told of those that would vanish, and of those that would be allowed. */
const replayedMax = 20;
/** More blocks than a person reads; machines ask for JSON. */
const blocksMax = 200;

/** Select Graphic Rendition codes, ECMA-48 8.3.117. */
const colors: Readonly<Record<PlanVerdict, number>> = {
  none: 32,
  narrows: 32,
  widens: 33,
  'widens-destructive': 31,
  'relaxes-guardrail': 31,
};

/** For a terminal: the verdict, then guardrails, changes by who, settings; the worst first. */
export function human(report: PlanReport): string {
  const { guardrails, settings, isExact, verdict } = report.difference;
  const page = pageOf(report);
  const blocks = [
    block(
      'Guardrails',
      guardrails.map((each) => guardrailLines(each, page)),
      page,
    ),
    ...groupByWho(report.difference.changes).map((changes) =>
      block(
        whoText(changes[0]),
        changes.map((each) => changeLines(each, page)),
        page,
      ),
    ),
    block(
      'Settings',
      settings.map((each) => settingLines(each, page)),
      page,
    ),
  ].filter((text) => text !== '');
  const { replay } = report;
  const replayed = replay === null ? [] : replayLines(replay, replayedMax).map((each) => replayText(each, page));
  const more = blocks.length - blocksMax;
  return [
    page.paint(verdict, page.line(verdictText(report), '')),
    page.line(comparedText(report), ''),
    ...report.exceeded.map(({ limit, message }) =>
      page.paint('relaxes-guardrail', page.line(`over the limit ${limit}: ${message}`, '')),
    ),
    ...blocks.slice(0, blocksMax),
    ...(more > 0 ? [`\n+${more} more; --format json has all\n`] : []),
    ...(isExact ? [] : [`\n${page.line(inexact, '')}`]),
    ...(replay === null ? [] : [`\n${page.line(replayHead(replay), '')}`, ...replayed]),
  ].join('');
}

const inexact = 'Too many kinds of people to compare every combination: each subject and each two were compared.';

interface Page {
  readonly report: PlanReport;
  /** Words wrapped to the page, each line after the indent; a word that is longer is cut. */
  readonly line: (text: string, indent: string) => string;
  readonly paint: (verdict: PlanVerdict, text: string) => string;
}

function pageOf(report: PlanReport): Page {
  const { columns, color } = report;
  const line = (text: string, indent: string): string => {
    const lines = wrap(printable(text), columns, indent).split('\n');
    return lines.map((each) => `${fit(each, columns)}\n`).join('');
  };
  return { report, line, paint: (verdict, text) => (color ? `\u001b[${colors[verdict]}m${text}\u001b[0m` : text) };
}

function block(head: string, lines: readonly string[], page: Page): string {
  return lines.length === 0 ? '' : `\n${page.line(head, '')}${lines.join('')}`;
}

type SomeChanges = readonly [AccessChange, ...AccessChange[]];

/** In the order of the worst change of each. */
function groupByWho(changes: readonly AccessChange[]): readonly SomeChanges[] {
  const groups = new Map<string, [AccessChange, ...AccessChange[]]>();
  for (const change of changes) {
    const known = groups.get(whoText(change));
    if (known === undefined) groups.set(whoText(change), [change]);
    else known.push(change);
  }
  return [...groups.values()];
}

function changeLines(change: AccessChange, { report, line, paint }: Page): string {
  const { kind, class: toolClass, tools, because } = change;
  const head = `${signs[kind]} ${kind} ${toolClass}: ${listText(tools, toolsMax)}`;
  const below = [heldText(change), exceptText(change), peopleText(change, report), placesText(because, report)];
  return [
    paint(accessVerdict(change), hanging(head, line)),
    ...below.filter((text) => text !== '').map((text) => line(text, '      ')),
  ].join('');
}

function guardrailLines(change: GuardrailChange, { report, line, paint }: Page): string {
  return (
    paint(guardrailVerdict(change), hanging(`${signs[change.change]} ${guardrailText(change)}`, line)) +
    line(placesText([change.at], report), '      ')
  );
}

function settingLines(change: SettingChange, { report, line, paint }: Page): string {
  return (
    paint(change.effect, hanging(`${signs[change.change]} ${settingText(change)}`, line)) +
    line(placesText([change.at], report), '      ')
  );
}

function replayText({ kind, sign, text, because }: ReplayLine, { report, line, paint }: Page): string {
  const head = hanging(`${sign} ${text}`, line);
  const tone = kind === 'vanishing' ? 'relaxes-guardrail' : kind === 'allowed' ? 'widens' : null;
  return `${tone === null ? head : paint(tone, head)}${because.length === 0 ? '' : line(placesText(because, report), '      ')}`;
}

/** What does not fit the first line stands under its words, not under its sign. */
function hanging(text: string, line: Page['line']): string {
  return line(text, '    ').replace(/^ {2}/, '');
}
