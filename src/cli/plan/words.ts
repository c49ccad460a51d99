import { callsThat } from '../../access/compiled-condition.ts';
import type { SidedPlace } from '../../access/difference-because.ts';
import type { AccessChange } from '../../access/difference-gathering.ts';
import type { GuardrailChange } from '../../access/difference-guardrails.ts';
import { holds, type Stretch, type Timeline } from '../../access/difference-held.ts';
import type { SettingChange } from '../../access/difference-settings.ts';
import { count } from '../format/outcome.ts';
import { momentText } from '../world.ts';
import { namesOf, type PlanReport, whoText } from './report.ts';

/** So many names, places or tools are told where a person reads. */
const toldMax = 8;

/** `widens: 3 changes for 2 subjects (14 people), 1 guardrail, 2 settings` */
export function verdictText({ difference, people }: PlanReport): string {
  const { verdict, changes, guardrails, settings } = difference;
  const subjects = new Set(changes.map(whoText)).size;
  const persons = people === null ? '' : ` (${peopleCount(people.total)})`;
  const parts = [
    ...(changes.length > 0 ? [`${count(changes.length, 'change')} for ${count(subjects, 'subject')}${persons}`] : []),
    ...(guardrails.length > 0 ? [count(guardrails.length, 'guardrail')] : []),
    ...(settings.length > 0 ? [count(settings.length, 'setting')] : []),
  ];
  return parts.length === 0 ? `${verdict}: nobody's access changes` : `${verdict}: ${parts.join(', ')}`;
}

/** `main 1a2b3c4 → feature 5d6e7f8, as of 2026-11-22T12:00Z` */
export function comparedText({ base, head, at }: Pick<PlanReport, 'base' | 'head' | 'at'>): string {
  const [from, to] = [base, head].map(({ name, commit }) => {
    const short = commit?.slice(0, 7) ?? '';
    return commit === null || commit.startsWith(name) ? name.slice(0, 40) : `${name} ${short}`;
  });
  return `${from} → ${to}, as of ${momentText(at)}`;
}

/** How a line begins that tells of something more, less or other. */
export const signs = {
  gains: '+',
  loses: '-',
  condition: '~',
  expiry: '~',
  added: '+',
  removed: '-',
  weakened: '-',
  tightened: '+',
  changed: '~',
} as const;

export function guardrailText({ name, change }: GuardrailChange): string {
  return `${name} ${change}`;
}

export function settingText({ what, change, detail }: SettingChange): string {
  return `${what} ${change}${detail === '' ? '' : `: ${detail}`}`;
}

/** `14 people: ana@acme.co, raj@acme.co and 12 more`; empty without a roster, and for robots, whom none lists. */
export function peopleText(change: AccessChange, { people }: Pick<PlanReport, 'people'>): string {
  if (people === null || change.who.every(({ name }) => name.startsWith('robot:'))) return '';
  const { count: number, names } = people.of(change);
  if (number === 0) return 'nobody of the roster';
  const more = number - Math.min(names.length, toldMax);
  const shown = names.slice(0, toldMax).join(', ');
  return `${peopleCount(number)}: ${shown}${more > 0 ? ` and ${more} more` : ''}`;
}

function peopleCount(number: number): string {
  return number === 1 ? '1 person' : `${number} people`;
}

/** What is held after a gain, what both was and is where both is something; empty when there is nothing to add. */
export function heldText({ kind, before, after }: AccessChange): string {
  if (kind === 'loses') return '';
  if (kind === 'gains') return timelineText(after, stretchText);
  const tell = kind === 'expiry' ? datesText : stretchText;
  return `${timelineText(before, tell) || 'every call'} → ${timelineText(after, tell) || 'every call'}`;
}

type Tell = (stretch: Stretch, timeline: Timeline) => string;

/** Empty for every call, from now on and for ever. */
function timelineText(timeline: Timeline, tell: Tell): string {
  return timeline
    .filter(holds)
    .map((stretch) => tell(stretch, timeline))
    .join('; then ');
}

const stretchText: Tell = (stretch, timeline) => {
  const { alternatives, except } = stretch;
  const terms = alternatives.flatMap((each) => (each === null ? [] : [callsThat(each)]));
  const isFree = alternatives.includes(null);
  return [
    ...(isFree ? [] : [`only ${terms.join(' or ')}`]),
    ...except.map((each) => `no ${callsThat(each)}`),
    ...dates(stretch, timeline),
  ].join(', ');
};

const datesText: Tell = (stretch, timeline) => dates(stretch, timeline).join(', ') || 'without end';

/** The first stretch holds already. */
function dates(stretch: Stretch, timeline: Timeline): readonly string[] {
  const end = timeline[timeline.indexOf(stretch) + 1]?.from;
  return [
    ...(stretch === timeline[0] ? [] : [`from ${dayText(stretch.from)}`]),
    ...(end === undefined ? [] : [`until ${dayText(end)}`]),
  ];
}

/** The time of day only where it is not the first moment. */
function dayText(at: number): string {
  return momentText(at).replace('T00:00Z', '');
}

/** `group:eng, group:dba and 3 more` */
export function listText(names: readonly string[], most: number = toldMax): string {
  const more = names.length - most;
  return more > 0 ? `${names.slice(0, most).join(', ')} and ${more} more` : names.join(', ');
}

/** Whom a change leaves out: for who is one of these too, it is not so. */
export function exceptText({ except }: AccessChange): string {
  return except.length === 0 ? '' : `unless also ${listText(namesOf(except))}`;
}

/** `policies/access.yaml:40, :12; before: policies/access.yaml:30` */
export function placesText(places: readonly SidedPlace[], { show }: Pick<PlanReport, 'show'>): string {
  const on = (side: SidedPlace['side']) => places.filter((place) => place.side === side);
  const before = on('base').length === 0 ? [] : [`before: ${linesText(on('base'), show)}`];
  const after = on('head').length === 0 ? [] : [linesText(on('head'), show)];
  return [...after, ...before].join('; ');
}

function linesText(places: readonly SidedPlace[], show: PlanReport['show']): string {
  const byFile = new Map<string, Set<number>>();
  for (const place of places) {
    const { file, line } = show(place);
    byFile.set(file, (byFile.get(file) ?? new Set()).add(line));
  }
  return [...byFile].map(([file, lines]) => `${file}:${listText([...lines].map(String))}`).join(', ');
}
