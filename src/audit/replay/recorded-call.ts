import type { RawRecord } from '../integrity/find-record.ts';
import type { AuditEvent } from '../record/event.ts';

/** A decision as its record tells it. A text that was not recorded is empty. */
export interface RecordedCall extends Readonly<Record<(typeof texts)[number], string>> {
  readonly actorType: 'human' | 'robot';
  readonly groups: readonly string[];
  readonly risk: NonNullable<AuditEvent['risk']>;
  readonly decision: NonNullable<AuditEvent['decision']>;
  /** Epoch milliseconds. */
  readonly at: number;
  /** As parsed; undefined when nothing was kept. */
  readonly args: unknown;
  /** Number of arguments given; null when the call had none. */
  readonly argsGiven: number | null;
  /** Size as they came. */
  readonly argsBytes: number | null;
}

const texts = ['actor', 'email', 'auth', 'tok', 'server', 'tool', 'why', 'rule', 'ticket', 'err'] as const;

/** What the record says of a decision about a tool; null when it tells of something else, or not all of it. */
export function recordedCall(record: RawRecord): RecordedCall | null {
  const { actor_type: actorType, risk, decision, groups, args, args_n: given, args_bytes: bytes } = record;
  const at = Date.parse(textIn(record, 'ts'));
  const said = Object.fromEntries(texts.map((name) => [name, textIn(record, name)])) as Pick<
    RecordedCall,
    (typeof texts)[number]
  >;
  if (said.server === '' || said.actor === '' || Number.isNaN(at)) return null;
  if (!isOneOf(['human', 'robot'] as const, actorType)) return null;
  if (!isOneOf(['read', 'write', 'destructive'] as const, risk)) return null;
  if (!isOneOf(['allow', 'deny'] as const, decision)) return null;
  const argsGiven = typeof given === 'number' ? given : null;
  const argsBytes = typeof bytes === 'number' ? bytes : null;
  return {
    ...said,
    actorType,
    groups: Array.isArray(groups) ? groups.map(String) : [],
    risk,
    decision,
    at,
    args,
    argsGiven,
    argsBytes,
  };
}

/** A member that is a text; empty when it is not. */
export function textIn(record: RawRecord, name: string): string {
  const value = record[name];
  return typeof value === 'string' ? value : '';
}

function isOneOf<T extends string>(words: readonly T[], value: unknown): value is T {
  return words.some((word) => word === value);
}
