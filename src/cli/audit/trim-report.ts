import { nameOf } from '../../access/explain-caller.ts';
import type { Unused } from '../../access/unused.ts';
import { printable } from '../../audit/answer/printable.ts';
import type { Place } from '../../config/problem.ts';
import { count } from '../format/outcome.ts';
import { wrap } from '../format/problems.ts';
import type { Shown } from '../world.ts';
import type { Kept } from './trim-proof.ts';

/** What `gatehouse audit trim` found. */
export interface TrimReport {
  readonly days: number;
  readonly from: Date;
  readonly to: Date;
  /** For how long there has been a log; null when nothing is dormant. */
  readonly observedDays: number | null;
  readonly isIntact: boolean;
  readonly edits: readonly Unused[];
  readonly kept: readonly Kept[];
  readonly unjudged: Unjudged;
  readonly patch: string;
  /** Epoch milliseconds; null is never. */
  readonly lastUse: (edit: Unused) => number | null;
  /** How many people and robots had it, as far as the policy or the log names them. */
  readonly people: (edit: Unused) => number;
  /** The place as somebody in the working folder reads it. */
  readonly show: (place: Place) => Shown;
}

/** What may be unused as well. */
export interface Unjudged {
  /** Grants that begin within the time or later, or are for other environments. */
  readonly grants: number;
  /** Pairs of a subject and a tool that were not granted all the time, by the commit of its beginning. */
  readonly young: number;
  /** That commit could not be had: only `starts` of a grant tells how old it is. */
  readonly ageUnknown: boolean;
  /** Servers without a lock: what tools they have is not known. */
  readonly servers: readonly string[];
}

/** So many tools are told of an edit. */
const toolsMax = 1_000;

/** As `schema/audit-trim-output.schema.json` says. */
export function json(report: TrimReport): string {
  const { days, from, to, observedDays, isIntact, edits, kept, unjudged, patch } = report;
  const answer = {
    ...{ days, from: from.toISOString(), until: to.toISOString(), observedDays, intact: isIntact },
    edits: edits.map((edit) => editOf(edit, report)),
    kept: kept.map(({ edit, why }) => ({ ...editOf(edit, report), why })),
    unjudged,
    patch,
  };
  return `${JSON.stringify(answer, null, 2)}\n`;
}

function editOf(edit: Unused, { lastUse, people, show }: TrimReport): object {
  const { kind, name, at, cut, subjects, tools } = edit;
  const last = lastUse(edit);
  return {
    ...{ kind, what: name, ...show(at), subjects: subjects.map(nameOf), people: people(edit) },
    ...{
      tools: tools.slice(0, toolsMax).map(({ server, tool }) => `${server}/${tool}`),
      moreTools: Math.max(0, tools.length - toolsMax),
    },
    ...{ lastUse: last === null ? null : new Date(last).toISOString(), instead: cut.instead ?? [] },
  };
}

/** For a person, in so many columns. */
export function human(report: TrimReport, columns: number): string {
  const { days, edits, kept, unjudged, isIntact } = report;
  const place = ({ at }: Unused) => {
    const { file, line } = report.show(at);
    return `${printable(file)}:${line}`;
  };
  const block = (edit: Unused, head: string, note: string) => [
    wrap(printable(`${place(edit)} ${head}`), columns, '  '),
    wrap(printable(note), columns, '      '),
  ];
  const sum =
    edits.length === 0
      ? `Nothing to take away of what ${days} days of log can tell.`
      : `Nobody used ${count(edits.length, 'part')} of the policy within ${days} days:`;
  return [
    ...(isIntact ? [] : [wrap(damaged, columns, '')]),
    wrap(sum, columns, ''),
    ...edits.flatMap((edit) => block(edit, edit.name, noteOf(edit, report))),
    ...(kept.length === 0 ? [] : ['Left as it is, although nobody used it:']),
    ...kept.flatMap(({ edit, why }) => block(edit, edit.name, why)),
    ...unjudgedText(unjudged, days).map((text) => wrap(text, columns, '')),
    ...(edits.length === 0
      ? []
      : [wrap('Apply it with git apply, then see what gatehouse plan HEAD says.', columns, '')]),
    '',
  ].join('\n');
}

const damaged =
  'The log is not intact: what is missing in it may be use of what is named here. gatehouse audit verify tells more.';

function noteOf(edit: Unused, { lastUse, people }: TrimReport): string {
  const { tools, subjects, cut } = edit;
  const last = lastUse(edit);
  const used = last === null ? 'never used' : `last used ${new Date(last).toISOString().slice(0, 10)}`;
  const whose = `for ${subjects.map(nameOf).join(', ')}, ${count(people(edit), 'caller')} known`;
  const rest = cut.instead === undefined ? [] : [`leaves ${cut.instead.join(', ')}`];
  return [`${count(tools.length, 'tool')}, ${used}`, whose, ...rest].join('; ');
}

function unjudgedText({ grants, young, ageUnknown, servers }: Unjudged, days: number): readonly string[] {
  const parts = [
    ...(grants === 0 ? [] : [`${count(grants, 'grant')} that began later or are for other environments`]),
    ...(young === 0 ? [] : [`${count(young, 'pair')} of subject and tool granted for less than ${days} days`]),
    ...(servers.length === 0 ? [] : [`servers without a lock (${servers.join(', ')})`]),
  ];
  return [
    ...(parts.length === 0 ? [] : [`Not judged: ${parts.join('; ')}.`]),
    ...(ageUnknown ? [`There is no commit of ${days} days ago: how old a grant is was told by its starts alone.`] : []),
  ];
}
