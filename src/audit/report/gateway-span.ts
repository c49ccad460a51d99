import type { FileEnds } from '../files/file-ends.ts';
import { gatewayOf } from '../files/log-files.ts';
import { isOfCommands } from '../write/access-record.ts';

/** A gateway, and what of its records those files hold that reach into the period. */
export interface GatewaySpan {
  readonly name: string;
  /** `ts` of its first and last record there: ISO 8601 in UTC. */
  readonly first: string;
  readonly last: string;
}

/** What was asked for; null is without bound. */
interface Period {
  readonly since: string | null;
  readonly until: string | null;
}

/** The gateways with files that reach into the period, by name. What commands recorded is no gateway's. */
export function gatewaysIn({ since, until }: Period, ends: readonly FileEnds[]): readonly GatewaySpan[] {
  // Records tell microseconds, bounds milliseconds: as text they do not compare.
  const from = Date.parse(since ?? '') || Number.NEGATIVE_INFINITY;
  const to = Date.parse(until ?? '') || Number.POSITIVE_INFINITY;
  const spans = new Map<string, GatewaySpan>();
  for (const { file, firstTs, lastTs } of ends) {
    if (isOfCommands(file.writer) || Date.parse(lastTs) < from || Date.parse(firstTs) >= to) continue;
    const name = gatewayOf(file.writer);
    const { first, last } = spans.get(name) ?? { first: firstTs, last: lastTs };
    spans.set(name, { name, first: firstTs < first ? firstTs : first, last: lastTs > last ? lastTs : last });
  }
  return [...spans.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** More of them are counted. */
const NAMED_MAX = 5;
const DAYS = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' });
const MINUTES = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' });
const DAY_CHARS = 'YYYY-MM-DD'.length;

/** For people: which gateways, and from when to when in the period there is anything of them. */
export function spanText(gateways: readonly GatewaySpan[], { since, until }: Period): string {
  if (gateways.length === 0) return 'No gateway has records in this period';
  const names = gateways.map(({ name }) => name);
  const named = `${names.length === 1 ? 'Gateway' : 'Gateways'} ${names.join(', ')}`;
  const who = names.length > NAMED_MAX ? `${names.length} gateways` : named;
  const first = Math.min(...gateways.map((one) => Date.parse(one.first)));
  const last = Math.max(...gateways.map((one) => Date.parse(one.last)));
  const from = new Date(Math.max(first, since === null ? first : Date.parse(since)));
  // The period ends before `until`: at midnight, with the day before.
  const to = new Date(Math.max(from.getTime(), Math.min(last, until === null ? last : Date.parse(until) - 1)));
  const [fromDay, toDay] = [from, to].map((moment) => moment.toISOString().slice(0, DAY_CHARS));
  return `${who}: ${(fromDay === toDay ? MINUTES : DAYS).formatRange(from, to)} (UTC)`;
}
