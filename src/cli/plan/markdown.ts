import type { SidedPlace } from '../../access/difference-because.ts';
import { boundedTable, commentCharsMax } from '../format/comment.ts';
import { markdownCode, markdownText } from '../format/markdown.ts';
import { replayHead, replayLines } from './replay-text.ts';
import { namesOf, type PlanReport, whoText } from './report.ts';
import {
  comparedText,
  exceptText,
  guardrailText,
  heldText,
  peopleText,
  placesText,
  settingText,
  signs,
  verdictText,
} from './words.ts';

/** By which a job finds the comment it wrote before, to change that one instead of adding another. */
const marker = '<!-- gatehouse-plan -->';
/** So many tools are named of a change. */
const toolsMax = 10;
/** So many uses are told of those that would vanish, and of those that would be allowed. */
const replayedMax = 20;
/** Guardrails, settings and a replay leave the changes at least a quarter of the room. */
const sideCharsMax = commentCharsMax / 4;

/** For a comment: the verdict and counts in the first line that shows, then what is worst; settings fold away. */
export function markdown(report: PlanReport): string {
  const { guardrails, settings, isExact } = report.difference;
  const place = (at: SidedPlace) => markdownCode(placesText([at], report));
  const guardrailRows = guardrails.map((each) => [
    signText(each.change),
    markdownText(guardrailText(each)),
    place(each.at),
  ]);
  const settingRows = settings.map((each) => [signText(each.change), markdownText(settingText(each)), place(each.at)]);
  const head = [
    `${marker}\n### gatehouse plan: ${markdownText(verdictText(report))}\n\n${markdownText(comparedText(report))}\n`,
    ...report.exceeded.map(({ limit, message }) => `\n**Over the limit ${limit}**: ${markdownText(message)}\n`),
    ...(isExact ? [] : ['\nToo many kinds of people to compare every combination: each subject and each two were.\n']),
    ...(guardrailRows.length > 0 ? [boundedTable(['', 'Guardrail', 'Where'], guardrailRows, sideCharsMax)] : []),
  ].join('');
  const folded =
    settingRows.length === 0
      ? ''
      : `\n<details><summary>Settings: ${settingRows.length}</summary>\n${boundedTable(['', 'Setting', 'Where'], settingRows, sideCharsMax)}\n</details>\n`;
  const tail = `${folded}${replayTable(report)}`;
  const room = commentCharsMax - head.length - tail.length;
  return `${head}${changesTable(report, room)}${tail}`;
}

function changesTable(report: PlanReport, charsMax: number): string {
  const { changes } = report.difference;
  if (changes.length === 0) return '';
  const rows = changes.map((change) => {
    const notes = [heldText(change), exceptText(change), peopleText(change, report)].filter((text) => text !== '');
    const who = namesOf(change.who).map(markdownCode).join(' and ') || whoText(change);
    const tools = change.tools.slice(0, toolsMax).map(markdownCode);
    const more = change.tools.length - toolsMax;
    return [
      `${signText(change.kind)} ${change.kind}`,
      who,
      `${tools.join(', ')}${more > 0 ? ` and ${more} more` : ''}`,
      change.class === 'destructive' ? '**destructive**' : change.class,
      notes.map(markdownText).join('<br>'),
      markdownCode(placesText(change.because, report)),
    ];
  });
  return boundedTable(['', 'Who', 'Tools', 'Class', '', 'Where'], rows, charsMax);
}

function replayTable(report: PlanReport): string {
  const { replay } = report;
  if (replay === null) return '';
  const rows = replayLines(replay, replayedMax).map(({ sign, text, because }) => [
    `&#${sign.codePointAt(0)};`,
    markdownText(text),
    because.length === 0 ? '' : markdownCode(placesText(because, report)),
  ]);
  const head = `\n**${markdownText(replayHead(replay))}**\n`;
  return rows.length === 0 ? head : `${head}${boundedTable(['', 'Calls', 'Where'], rows, sideCharsMax)}`;
}

/** As it is, a sign at the start would be a list. */
function signText(kind: keyof typeof signs): string {
  return `&#${signs[kind].codePointAt(0)};`;
}
