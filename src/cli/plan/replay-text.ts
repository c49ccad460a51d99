import type { SidedPlace } from '../../access/difference-because.ts';
import { printable } from '../../audit/answer/printable.ts';
import { count } from '../format/outcome.ts';
import { momentText } from '../world.ts';
import type { Undecided, UsedAccess } from './replay.ts';
import type { ReplayReport } from './replay-read.ts';
import { listText } from './words.ts';

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

/** Worst first; at most `most` lines of each kind. */
export function replayLines(replay: ReplayReport, most: number): readonly ReplayLine[] {
  const { vanishing, allowed, undecided, earlier, isCut, unreadable } = replay;
  return [
    ...used(vanishing, most, { kind: 'vanishing', sign: '-' }),
    ...used(allowed, most, { kind: 'allowed', sign: '+' }),
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

type Used = Pick<ReplayLine, 'kind' | 'sign'>;

/** Those who meet with the same at one tool share a line. */
function used(uses: readonly UsedAccess[], most: number, { kind, sign }: Used): readonly ReplayLine[] {
  const shared = new Map<string, [UsedAccess, ...UsedAccess[]]>();
  for (const use of uses) {
    const key = JSON.stringify([use.server, use.tool, use.class, use.reason, use.because]);
    const known = shared.get(key);
    if (known === undefined) shared.set(key, [use]);
    else known.push(use);
  }
  const told = [...shared.values()].slice(0, most).map((each) => {
    return { kind, sign, text: useText(each), because: each[0].because };
  });
  const more = shared.size - told.length;
  return more > 0 ? [...told, line(kind, sign, `${more} more; --format json has all`)] : told;
}

/** `pylon/reply (write), 14 calls of user:ana@acme.co, robot:bot, last 2026-11-20T10:00Z: no grant allows it` */
function useText(uses: readonly [UsedAccess, ...UsedAccess[]]): string {
  const [{ server, tool, class: toolClass, reason }] = uses;
  const calls = uses.reduce((sum, each) => sum + each.calls, 0);
  const last = uses.reduce((latest, each) => Math.max(latest, each.last), 0);
  const who = listText(uses.map((each) => printable(each.who)));
  const what = `${printable(`${server}/${tool}`)} (${toolClass}), ${count(calls, 'call')} of ${who}`;
  return `${what}, last ${momentText(last)}${reason === '' ? ', denied then' : `: ${reason}`}`;
}

function line(kind: ReplayLine['kind'], sign: ReplayLine['sign'], text: string): ReplayLine {
  return { kind, sign, text, because: [] };
}
