import type { Difference } from '../catalog/difference.ts';
import type { LockChange } from '../catalog/draft-lock.ts';
import { showUnseen } from '../catalog/unseen.ts';

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
