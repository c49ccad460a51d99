import type { SidedPlace } from '../access/difference-because.ts';
import { printable } from '../audit/printable.ts';
import { count } from './outcome.ts';
import type { Undecided, UsedAccess } from './replay.ts';
import type { ReplayReport } from './replay-read.ts';
import { momentText } from './world.ts';

/** One thing that a replay found, as every format for people tells it. */
export interface ReplayLine {
  readonly kind: 'vanishing' | 'allowed' | 'undecided' | 'earlier' | 'incomplete';
  readonly sign: '-' | '+' | '?' | '~';
  readonly text: string;
  readonly because: readonly SidedPlace[];
}

/** `Replay of 1,204 calls since 2026-08-24T00:00Z: 1 used access would vanish` */
export function replayHead(replay: ReplayReport): string {
  const { calls, since, until, vanishing, allowed } = replay;
  const bounds = [
    ...(since === null ? [] : [` since ${momentText(since)}`]),
    ...(until === null ? [] : [` until ${momentText(until)}`]),
  ].join('');
  const found = [
    ...(vanishing.length > 0 ? [`${vanishing.length} in use would vanish`] : []),
    ...(allowed.length > 0 ? [`${allowed.length} denied would be allowed`] : []),
  ].join(', ');
  return `Replay of ${count(calls, 'call')}${bounds}: ${found || 'nothing in use would vanish'}`;
}

/** Worst first; at most `most` of each kind are told. */
export function replayLines(replay: ReplayReport, most: number): readonly ReplayLine[] {
  const { vanishing, allowed, undecided, earlier, isCut, unreadable } = replay;
  return [
    ...used(vanishing, most, { kind: 'vanishing', sign: '-', tell: vanishingText }),
    ...used(allowed, most, { kind: 'allowed', sign: '+', tell: allowedText }),
    ...[...undecided].map(([why, calls]) => line('undecided', '?', `${count(calls, 'call')} ${undecidedTexts[why]}`)),
    ...(earlier.denied > 0 ? [line('earlier', '~', `${count(earlier.denied, 'call')} ${earlierTexts.denied}`)] : []),
    ...(earlier.allowed > 0 ? [line('earlier', '~', `${count(earlier.allowed, 'call')} ${earlierTexts.allowed}`)] : []),
    ...(isCut
      ? [line('incomplete', '?', 'the log tells of more kinds of calls than are read; the rarest are left out')]
      : []),
    ...(unreadable > 0
      ? [
          line(
            'incomplete',
            '?',
            `${count(unreadable, 'line')} of the log could not be read: run gatehouse audit verify`,
          ),
        ]
      : []),
  ];
}

const undecidedTexts: Readonly<Record<Undecided, string>> = {
  'not-recorded': 'cannot be decided: a condition asks for arguments, and none were recorded',
  redacted: 'cannot be decided: a condition asks for an argument that is masked in the log',
  cut: 'cannot be decided: a condition asks for an argument that is not whole in the log',
  'too-many': 'were not decided: more different arguments were recorded than are read',
};

const earlierTexts = {
  denied: 'that were allowed are denied by the base already: the policy has changed since',
  allowed: 'that were denied are allowed by the base already: the policy has changed since',
} as const;

interface Telling extends Pick<ReplayLine, 'kind' | 'sign'> {
  readonly tell: (use: UsedAccess) => string;
}

function used(uses: readonly UsedAccess[], most: number, { kind, sign, tell }: Telling): readonly ReplayLine[] {
  const told = uses.slice(0, most).map((use) => ({ kind, sign, text: tell(use), because: use.because }));
  const more = uses.length - told.length;
  return more > 0 ? [...told, line(kind, sign, `${more} more; --format json has all`)] : told;
}

function vanishingText({ reason, ...use }: UsedAccess): string {
  return `${useText(use)}: ${reason}`;
}

function allowedText(use: Omit<UsedAccess, 'reason'>): string {
  return `${useText(use)}, denied then`;
}

function useText({ who, server, tool, class: toolClass, calls, last }: Omit<UsedAccess, 'reason'>): string {
  return `${printable(`${who} ${server}/${tool}`)} (${toolClass}), ${count(calls, 'call')}, last ${momentText(last)}`;
}

function line(kind: ReplayLine['kind'], sign: ReplayLine['sign'], text: string): ReplayLine {
  return { kind, sign, text, because: [] };
}
