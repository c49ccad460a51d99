import type { EntryContext } from './known.ts';
import type { Path } from './parse.ts';

const dayMs = 24 * 60 * 60 * 1000;
const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000 };

/**
 * Epoch milliseconds of `2027-01-31` or `2027-01-31T18:00Z`; null when there is no such day or time. A bare date is its
 * beginning for `starts` and its end for `expires`, UTC.
 */
export function parseMoment(text: string, edge: 'starts' | 'expires'): number | null {
  const [date = '', time] = text.replace(/Z$/, '').split('T');
  const whole = `${date}T${(time ?? '00:00').padEnd(8, ':00')}.000Z`;
  const at = new Date(whole);
  if (Number.isNaN(at.getTime()) || at.toISOString() !== whole) return null;
  return time === undefined && edge === 'expires' ? at.getTime() + dayMs : at.getTime();
}

/** The moment written at a path, null for none; a day or time that does not exist is reported. `path` ends in the key. */
export function linkMoment(
  text: string | undefined,
  path: Path,
  { source, findings }: Pick<EntryContext, 'source' | 'findings'>,
): number | null {
  if (text === undefined) return null;
  const at = parseMoment(text, path.at(-1) === 'expires' ? 'expires' : 'starts');
  if (at === null) findings.error('GH057', source.at(path), `expected a day and time that exist, found ${text}`);
  return at;
}

/** Milliseconds of `500ms`, `30s` or `2m`. The schema has accepted the text. */
export function parseDuration(text: string): number {
  const [, count = '', unit = ''] = /^(\d+)(ms|s|m)$/.exec(text) ?? [];
  return Number(count) * (unitMs[unit] ?? Number.NaN);
}
