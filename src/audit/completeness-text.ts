import type { Row } from './answer.ts';
import { markdown, markdownText } from './answer-markdown.ts';
import type { Completeness } from './completeness.ts';
import { printable } from './printable.ts';
import { table } from './table.ts';

/** One line of the block that says what a report rests on. */
export interface Statement {
  readonly about: string;
  readonly text: string;
}

/** What the report rests on, in sentences: for every format the same. */
export function statementsOf(found: Completeness): readonly Statement[] {
  const { ran, policy, verified, unreadable, gaps, heads, parameters } = found;
  const given = Object.entries(parameters).map(([name, value]) => `${name} = ${value === '' ? '""' : value}`);
  const lines = found.files.reduce((sum, file) => sum + file.lines, 0);
  return [
    { about: 'Report', text: `${found.report}, version ${found.version}` },
    ...given.map((text) => ({ about: 'Parameter', text })),
    { about: 'Period', text: `${found.since ?? 'from the first record'} to ${found.until ?? 'the last record'}` },
    { about: 'Run', text: `${ran.at} by ${ran.by} on ${ran.host}, gatehouse ${ran.program}` },
    ...(policy === null ? [] : policyStatements(policy)),
    { about: 'Read', text: `${count(lines, 'line')} in ${count(found.files.length, 'file')}` },
    ...unreadable.map(({ file, lines: left }) => ({ about: 'Left out', text: `${count(left, 'line')} of ${file}` })),
    ...gaps.map(({ writer, after, before }) => ({
      about: 'Missing',
      text: `records of ${writer} between ${after} and ${before}`,
    })),
    ...verifiedStatements(verified),
    ...heads.map(({ writer, size, head, time, key }) => ({
      about: 'Signed head',
      text: `${writer} ${size} ${head} of ${time} by ${key}`,
    })),
  ];
}

function policyStatements(policy: NonNullable<Completeness['policy']>): readonly Statement[] {
  const from = policy.commit === null ? 'files that are in no repository' : `commit ${policy.commit}`;
  const { unlocked } = policy;
  return [
    { about: 'Policy', text: `${from}, configuration ${policy.cfg}, asked about ${policy.at}` },
    ...(unlocked.length === 0 ? [] : [{ about: 'Not known', text: `tools without a lock: ${unlocked.join(', ')}` }]),
  ];
}

function verifiedStatements(verified: Completeness['verified']): readonly Statement[] {
  const { ok, records, files, signed, problems, problemCount, notes } = verified;
  const found = ok ? 'intact' : `NOT INTACT, ${count(problemCount, 'problem')}`;
  return [
    { about: 'Verified', text: `${found}: ${count(records, 'record')} in ${count(files, 'file')}, ${signed} signed` },
    ...problems.map(({ file, line, kind, message }) => ({
      about: 'Problem',
      text: `${file}:${line}: ${kind}: ${message}`,
    })),
    ...(problemCount > problems.length
      ? [{ about: 'Problem', text: `and ${problemCount - problems.length} more` }]
      : []),
    ...notes.map((text) => ({ about: 'Note', text })),
  ];
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

/** Every file read, as rows under these names. */
export const FILE_COLUMNS = [
  { name: 'file', kind: 'text', type: 'VARCHAR' },
  { name: 'lines', kind: 'number', type: 'BIGINT' },
  { name: 'bytes', kind: 'number', type: 'BIGINT' },
  { name: 'SHA-256', kind: 'text', type: 'VARCHAR' },
] as const;

export function fileRows({ files }: Completeness): readonly Row[] {
  return files.map(({ path, lines, bytes, sha256 }) => [path, lines, bytes, sha256]);
}

/** The block for a terminal or a text file. Hashes are never cut: files are listed on lines of their own. */
export function completenessText(found: Completeness): string {
  const widest = Math.max(...statementsOf(found).map(({ about }) => about.length));
  const lines = statementsOf(found).map(({ about, text }) => `${about.padEnd(widest)}  ${printable(text)}\n`);
  const rendering = table({ width: null });
  const files = rendering.begin(FILE_COLUMNS) + rendering.rows(fileRows(found));
  return `${lines.join('')}\n${files}${rendering.end(found.files.length).replace('row', 'file')}`;
}

/** The block as Markdown. */
export function completenessMarkdown(found: Completeness): string {
  const lines = statementsOf(found).map(({ about, text }) => `- ${markdownText(about)}: ${markdownText(text)}\n`);
  const rendering = markdown();
  return `${lines.join('')}\n${rendering.begin(FILE_COLUMNS)}${rendering.rows(fileRows(found))}`;
}
