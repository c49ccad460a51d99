import type { Row } from '../answer/answer.ts';
import { markdown, markdownText } from '../answer/markdown.ts';
import { printable } from '../answer/printable.ts';
import { table } from '../answer/table.ts';
import { numberText } from './chart.ts';
import type { Completeness } from './completeness.ts';

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
    {
      about: 'Period',
      text: `${found.since ?? 'from the first record'} to ${found.until ?? 'the last record'}, in UTC`,
    },
    ...found.gateways.map(({ name, first, last }) => ({
      about: 'Gateway',
      text: `${name}, whose files hold records from ${first} to ${last}`,
    })),
    { about: 'Run', text: `${ran.at} by ${ran.by} on ${ran.host}, gatehouse ${ran.program}` },
    ...(policy === null ? [] : policyStatements(policy)),
    { about: 'Read', text: `${count(lines, 'line')} in ${count(found.files.length, 'file')}` },
    ...found.archives.map(({ path, sha256 }) => ({ about: 'In its place', text: `${path} SHA-256 ${sha256}` })),
    ...found.unarchived.map((day) => ({ about: 'Left out', text: `${day}, which has no archive` })),
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
  const { ok, records, files, problems, problemCount, notes } = verified;
  const found = ok ? 'intact' : `NOT INTACT, ${count(problemCount, 'problem')}`;
  return [
    {
      about: 'Verified',
      text: `${found}: ${count(records, 'record')} in ${count(files, 'file')}. ${vouchedText(verified)}`,
    },
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

/** What `signed` and `heldAgainst` mean, in two sentences. */
export function vouchedText(verified: Completeness['verified']): string {
  const { heldAgainst } = verified;
  const held = `The log was held against the ${heldAgainst.join(' and ')} given.`;
  const alone =
    'Nothing kept elsewhere was held against the log: newest records that were taken away with their checkpoints would not be missed, nor would it be seen that whoever has its keys wrote it anew.';
  return `${signedText(verified)} ${heldAgainst.length > 0 ? held : alone}`;
}

function signedText({ records, signed }: Completeness['verified']): string {
  const left = numberText(records - signed);
  if (signed === 0) return 'No signature of a gateway vouches for them, the chain of hashes alone.';
  if (signed >= records) return 'Signatures of a gateway vouch for all of them.';
  return `Signatures of a gateway vouch for ${numberText(signed)} of them, the chain of hashes alone for the other ${left}.`;
}

export function count(number: number, noun: string): string {
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

/** The block for a text file, or within the width of a terminal, which is not shown the list of files. */
export function completenessText(found: Completeness, width: number | null): string {
  const statements = statementsOf(found);
  const widest = Math.max(...statements.map(({ about }) => about.length));
  const indent = ' '.repeat(widest + 2);
  const lines = statements.map(
    ({ about, text }) => `${about.padEnd(widest)}  ${folded(printable(text), width, indent)}\n`,
  );
  if (width !== null) return `${lines.join('')}${indent}--out FILE lists the files with their SHA-256\n`;
  const rendering = table({ width: null });
  const files = rendering.begin(FILE_COLUMNS) + rendering.rows(fileRows(found));
  return `${lines.join('')}\n${files}${rendering.end(found.files.length).replace('row', 'file')}`;
}

/** In lines within the width, each but the first after the indent; a hash or a path that is longer goes on in the next, so that none of it is lost. */
export function folded(text: string, width: number | null, indent: string): string {
  if (width === null) return text;
  const room = Math.max(20, width - indent.length);
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1) ?? '';
    const joined = line === '' ? word : `${line} ${word}`;
    if (joined.length <= room) lines[lines.length - 1] = joined;
    else lines.push(...(word.match(new RegExp(`.{1,${room}}`, 'gu')) ?? []));
  }
  return lines.filter((line) => line !== '').join(`\n${indent}`);
}

/** The block as Markdown. */
export function completenessMarkdown(found: Completeness): string {
  const lines = statementsOf(found).map(({ about, text }) => `- ${markdownText(about)}: ${markdownText(text)}\n`);
  const rendering = markdown();
  return `${lines.join('')}\n${rendering.begin(FILE_COLUMNS)}${rendering.rows(fileRows(found))}`;
}
