import { type Explanation, explain } from '../../access/explain.ts';
import { findTool, type World } from '../../access/explain-world.ts';
import { printable } from '../../audit/answer/printable.ts';
import type { RawRecord, RecordName } from '../../audit/integrity/find-record.ts';
import { recordedArguments } from '../../audit/replay/arguments.ts';
import { type RecordedCall, textIn } from '../../audit/replay/recorded-call.ts';
import { answerOf, human as explanationText, type Report } from '../explain.ts';
import { wrap } from '../format/problems.ts';
import { argumentsAgain, recordedCaller } from '../plan/replay-caller.ts';
import type { PolicyThen } from '../policy-then.ts';
import type { Opened } from '../world.ts';
import { type DecisionWords, decisionWords, type Redecided } from './why-decide.ts';

/** What `gatehouse audit why` found. */
export interface WhyReport extends PolicyThen, Pick<Opened, 'base' | 'show'> {
  readonly name: RecordName;
  readonly record: RawRecord;
  /** Null for a name that no tool had. */
  readonly call: RecordedCall | null;
  readonly again: Redecided;
  readonly columns: number;
}

const heads: Readonly<Record<Redecided['kind'], string>> = {
  agrees: 'agrees',
  disagrees: 'DISAGREES',
  undecided: 'cannot be decided again',
};

/** As many as git shows where it has room. */
const commitDigits = 12;

/** For a terminal: whether they agree, both decisions, then the explanation. */
export function human(report: WhyReport): string {
  const { name, record, commit, again, call, columns } = report;
  const reason = again.kind === 'agrees' ? '' : again.reason;
  const facts = [
    ['recorded', wordsText(recordedWords(record))],
    ...(again.kind === 'disagrees' && again.decided !== null ? [['decided', wordsText(again.decided)]] : []),
    ...(reason === '' ? [] : [['but', `${reason}${again.kind === 'disagrees' ? `. ${advice}` : ''}`]]),
    ['policy', `${commit.slice(0, commitDigits)}, whose files have the recorded hash ${textIn(record, 'cfg')}`],
    ...(call === null ? [['called', `${textIn(record, 'tool_as')} at ${textIn(record, 'ts')}`]] : []),
  ];
  return [
    `${heads[again.kind]}  ${name.writer}:${name.seq}\n\n`,
    ...facts.map(
      ([word = '', text = '']) =>
        `  ${word.padEnd(10)} ${wrap(printable(text), columns, ' '.repeat(13)).trimStart()}\n`,
    ),
    ...(call === null ? [] : ['\n', explanationText({ ...explained(report, call), columns })]),
  ].join('');
}

const advice = 'Run gatehouse audit verify: the record, or the program that decided, was another';

/** As `schema/audit-why-output.schema.json` says. */
export function json(report: WhyReport): string {
  const { name, record, commit, again, call } = report;
  const answer = {
    verdict: again.kind,
    ...name,
    ts: textIn(record, 'ts'),
    commit,
    hash: textIn(record, 'cfg'),
    recorded: recordedWords(record),
    decided: again.kind === 'undecided' ? null : again.decided,
    reason: again.kind === 'agrees' ? null : again.reason,
    explanation: call === null ? null : answerOf(explained(report, call)),
  };
  return `${JSON.stringify(answer, null, 2)}\n`;
}

/** What `gatehouse explain` would have said, of the class that was recorded. */
function explained({ world: then, base, show }: WhyReport, call: RecordedCall): Omit<Report, 'columns'> {
  const world = unlocked(then);
  const { server, tool, risk, at } = call;
  const target = { server, tool, class: risk };
  const known = recordedArguments(call.args, call.argsGiven);
  const args = argumentsAgain(call, known);
  const whole = explain(world, { who: recordedCaller(call), target, at, args });
  const explanation: Explanation =
    known.missing() === null ? whole : explain(world, { who: whole.question.who, target, at });
  const found = findTool(world, server, tool);
  const isKnown = found !== null && found.classFrom !== 'default' && found.target.class === risk;
  const classFrom = isKnown ? found.classFrom : 'record';
  return { explanation, known: { target, classFrom }, opened: { world, base, policies: base, at, show } };
}

/** A decision is only ever about a tool that was offered, whatever `--lock` the gateway was started with. */
function unlocked({ configuration, access, tools }: World): World {
  return { configuration: { ...configuration, gateway: { ...configuration.gateway, lock: 'off' } }, access, tools };
}

function recordedWords(record: RawRecord): DecisionWords {
  return decisionWords((name) => textIn(record, name));
}

/** `deny condition, support-agent policies/access.yaml:30` */
function wordsText({ decision, why, rule, ticket }: DecisionWords): string {
  return [`${decision} ${why}`.trimEnd(), rule, ticket].filter((text) => text !== '').join(', ');
}
