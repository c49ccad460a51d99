import type { Difference } from '../catalog/difference.ts';
import type { LockChange } from '../catalog/draft-lock.ts';
import { showUnseen } from '../catalog/unseen.ts';
import { count, type Outcome, type Result, type ResultPlace } from './format/outcome.ts';

/** How a change is shown where there is no terminal: as much as a comment has room for. */
const messageColumns = 120;
const messageLinesMax = 12;

/** What came of one server. */
export type LockResult = {
  readonly server: string;
  /** The lock's path as somebody in the working folder reads it. */
  readonly file: string;
} & (
  | { readonly state: 'unreachable'; readonly reason: string }
  | {
      readonly state: 'same' | 'differs';
      readonly tools: number;
      readonly changes: readonly LockChange[];
      /** Definitions that break the rules, and so are neither served nor locked. */
      readonly refused: readonly string[];
      readonly written: boolean;
    }
);

/** For a person: a block a server, a line a tool, and what was and is of each difference. */
export function renderLock(results: readonly LockResult[], columns: number): string {
  const blocks = results.map((result) => serverBlock(result, columns));
  return `${blocks.join('\n\n')}\n`;
}

function serverBlock(result: LockResult, columns: number): string {
  if (result.state === 'unreachable') return `${result.server}: not reached: ${showUnseen(result.reason)}`;
  const { server, file, tools, changes, refused, written } = result;
  const isNew = tools > 0 && changes.filter(({ change }) => change === 'added').length === tools;
  const differ = isNew ? `none in ${file} yet` : `${changes.length} not as in ${file}`;
  return [
    `${server}: ${tools} ${tools === 1 ? 'tool' : 'tools'}, ${changes.length === 0 ? `as in ${file}` : differ}${written ? ', written' : ''}`,
    ...changes.flatMap((change) => toolLines(change, columns)),
    ...refused.map((reason) => `  ! refused: ${showUnseen(reason)}`),
  ].join('\n');
}

/** For machines: whatever is not as it was reviewed is an error; a definition that is refused harms nobody. */
export function lockOutcome(results: readonly LockResult[]): Outcome {
  const told = results.flatMap(resultsOf);
  const errors = told.filter(({ level }) => level === 'error');
  return {
    command: 'lock',
    verdict: errors.length === 0 ? 'every tool as it was reviewed' : verdictOf(results),
    results: [...errors, ...told.filter(({ level }) => level === 'warning')],
    passed: results
      .filter(({ state }) => state === 'same')
      .map(({ server, file }) => ({ title: server, place: start(file) })),
  };
}

function verdictOf(results: readonly LockResult[]): string {
  const changes = results.flatMap((result) => (result.state === 'unreachable' ? [] : result.changes));
  const lost = results.filter(({ state }) => state === 'unreachable');
  return [
    `${count(changes.length, 'tool')} not as reviewed`,
    ...(lost.length > 0 ? [`${count(lost.length, 'server')} not reached`] : []),
  ].join(', ');
}

const ruleTexts = {
  'lock-unreachable': 'A server that could not be asked for its tools.',
  'lock-added': 'A tool that nobody has reviewed.',
  'lock-removed': 'A reviewed tool that its server no longer offers.',
  'lock-changed': 'A tool that is no longer what was reviewed.',
  'lock-refused': 'A tool whose definition breaks the rules, and that is neither served nor locked.',
} as const;

function resultsOf(result: LockResult): readonly Result[] {
  const { server, file } = result;
  const told = (id: keyof typeof ruleTexts, title: string, message: string): Result => ({
    rule: { id, text: ruleTexts[id] },
    level: id === 'lock-refused' ? 'warning' : 'error',
    title,
    message,
    place: start(file),
  });
  if (result.state === 'unreachable') return [told('lock-unreachable', `${server} was not reached`, result.reason)];
  return [
    ...result.changes.map((change) => {
      const [, ...lines] = toolLines(change, messageColumns);
      const { tool, change: what, class: toolClass, grade } = change;
      const head = `${toolClass}, ${grade === null ? what : `${what}: ${grade}`}`;
      return told(`lock-${what}`, `${server}/${tool}`, [head, ...lines.slice(0, messageLinesMax)].join('\n'));
    }),
    ...result.refused.map((reason) => told('lock-refused', `${server}: refused`, reason)),
  ];
}

/** A lock is written by us, a tool's line in it means nothing to its author. */
function start(file: string): ResultPlace {
  return { file, line: 1, col: 1 };
}

const marks = { added: '+', removed: '-', changed: '~' } as const;

const warnings = {
  unseen: 'it holds characters that cannot be seen',
  instruction: 'it reads like an instruction to a model',
} as const;

function toolLines({ tool, change, class: toolClass, ...rest }: LockChange, columns: number): readonly string[] {
  const said = change === 'changed' ? `changed: ${rest.grade}` : change;
  return [
    `  ${marks[change]} ${showUnseen(tool)}  ${toolClass}, ${said}`,
    ...rest.suspicions.map((suspicion) => `      mind: ${warnings[suspicion]}`),
    ...rest.differences.flatMap((difference) => differenceLines(difference, columns)),
  ];
}

function differenceLines({ path, before, after, grade }: Difference, columns: number): readonly string[] {
  const head = `      ${grade.padEnd(8)} ${path}`;
  const indent = ' '.repeat(17);
  const [was, now] = excerpts(before, after, Math.max(24, columns - indent.length - 2));
  return [head, ...(was === null ? [] : [`${indent}- ${was}`]), ...(now === null ? [] : [`${indent}+ ${now}`])];
}

/** Of long texts the part around the first place where they differ, since their beginnings are mostly the same. */
function excerpts(before: string | null, after: string | null, width: number): readonly (string | null)[] {
  const [was, now] = [before ?? '', after ?? ''];
  let same = 0;
  while (same < was.length && same < now.length && was[same] === now[same]) same += 1;
  const longest = Math.max(was.length, now.length);
  const isPart = longest > width && before !== null && after !== null;
  const from = isPart ? Math.max(0, Math.min(same - Math.floor(width / 3), longest - width + 1)) : 0;
  return [before, after].map((text) => (text === null ? null : excerpt(text, from, width)));
}

function excerpt(text: string, from: number, width: number): string {
  const start = from === 0 ? '' : '…';
  const rest = start + text.slice(from);
  return rest.length <= width ? rest : `${rest.slice(0, width - 1)}…`;
}
