import type { PlanVerdict } from '../../access/difference.ts';
import { type Difference, verdicts } from '../../access/difference.ts';
import type { SidedPlace } from '../../access/difference-because.ts';
import type { AccessChange } from '../../access/difference-gathering.ts';
import type { NamedSubject } from '../../access/difference-names.ts';
import type { Shown } from '../world.ts';
import type { ReplayReport } from './replay-read.ts';
import type { Headcount } from './roster.ts';
import type { Revision } from './sides.ts';

/** What `gatehouse plan` found. */
export interface PlanReport {
  readonly difference: Difference;
  readonly base: Revision;
  readonly head: Revision;
  /** The moment as from which the sides were compared, epoch milliseconds. */
  readonly at: number;
  /** Null without a roster. */
  readonly people: Headcount | null;
  readonly exceeded: readonly Exceeded[];
  /** The verdict that `--deny` names; null denies none. */
  readonly deny: PlanVerdict | null;
  /** Null without `--replay`. */
  readonly replay: ReplayReport | null;
  /** The place as somebody in the working folder reads it. */
  readonly show: (place: SidedPlace) => Shown & { readonly side: SidedPlace['side'] };
  /** Path of the configuration file, as `show` shows files. */
  readonly file: string;
  readonly columns: number;
  readonly color: boolean;
}

/** A limit that the change does not keep. */
export interface Exceeded {
  readonly limit: 'denied-verdict' | 'mass-removal' | 'used-access';
  readonly message: string;
}

/** What `--max-removed` says: a part of access from 0 to 1, or a count of pairs of subject and tool. */
export type RemovalLimit =
  | { readonly kind: 'part'; readonly max: number }
  | { readonly kind: 'count'; readonly max: number };

export interface Limits {
  readonly deny: PlanVerdict | null;
  readonly removed: RemovalLimit;
  /** Whether access in use must not vanish. */
  readonly denyUsed: boolean;
}

export function exceededBy(
  { verdict, held, lost }: Difference,
  { deny, removed, denyUsed }: Limits,
  replay: ReplayReport | null,
): readonly Exceeded[] {
  const exceeded: Exceeded[] = [];
  if (deny !== null && isAtLeast(verdict, deny)) {
    exceeded.push({ limit: 'denied-verdict', message: `the verdict is ${verdict}, and --deny ${deny} is set` });
  }
  const found = removed.kind === 'count' ? lost : held === 0 ? 0 : lost / held;
  if (found > removed.max) {
    const part = `${percent(lost / held)} of access, ${lost} of ${held} pairs of subject and tool`;
    const most = removed.kind === 'count' ? String(removed.max) : percent(removed.max);
    exceeded.push({ limit: 'mass-removal', message: `takes away ${part}; --max-removed allows ${most}` });
  }
  const used = replay?.vanishing.length ?? 0;
  if (denyUsed && used > 0) {
    exceeded.push({ limit: 'used-access', message: `${used} in use would vanish, and --deny-used is set` });
  }
  return exceeded;
}

function percent(part: number): string {
  return `${Math.round(part * 1000) / 10} %`;
}

export function isAtLeast(verdict: PlanVerdict, least: PlanVerdict): boolean {
  return verdict !== 'none' && verdicts.indexOf(verdict) >= verdicts.indexOf(least);
}

/** `group:support`, `group:eng and group:oncall` */
export function whoText({ who }: Pick<AccessChange, 'who'>): string {
  return namesOf(who).join(' and ');
}

export function namesOf(subjects: readonly NamedSubject[]): readonly string[] {
  return subjects.map(({ name }) => name);
}
