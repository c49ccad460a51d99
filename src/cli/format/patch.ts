import { type Change, linesOf } from '../../config/cut-lines.ts';

/** A file that changes, by its path from where the patch is applied, with `/`. */
export interface PatchedFile {
  readonly path: string;
  /** Its text before. */
  readonly text: string;
  /** In order, at least one. */
  readonly changes: readonly Change[];
}

/** Lines shown around a change. */
const contextMax = 3;

/** The files as one unified diff, as git writes and applies it. */
export function patchOf(files: readonly PatchedFile[]): string {
  return files.map(filePatch).join('');
}

function filePatch({ path, text, changes }: PatchedFile): string {
  const [from, to] = [nameOf(`a/${path}`), nameOf(`b/${path}`)];
  // Where a name ends is told by a tab when it holds a space.
  const end = path.includes(' ') ? '\t\n' : '\n';
  const lines = linesOf(text);
  let grown = 0;
  const hunks = inHunks(changes).map((hunk) => {
    const told = hunkText(hunk, lines, grown);
    grown += hunk.reduce((sum, { count, lines: others }) => sum + others.length - count, 0);
    return told;
  });
  return `diff --git ${from} ${to}\n--- ${from}${end}+++ ${to}${end}${hunks.join('')}`;
}

/** As git quotes it: what would end a line or a name is escaped. */
function nameOf(path: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
  if (!/["\\\u0000-\u001f\u007f]/.test(path)) return path;
  const escaped = path.replace(/["\\]/g, '\\$&');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
  return `"${escaped.replace(/[\u0000-\u001f\u007f]/g, (char) => `\\${char.charCodeAt(0).toString(8).padStart(3, '0')}`)}"`;
}

/** Changes whose contexts touch stand together. */
function inHunks(changes: readonly Change[]): readonly (readonly Change[])[] {
  const hunks: Change[][] = [];
  for (const change of changes) {
    const last = hunks.at(-1)?.at(-1);
    if (last !== undefined && change.from - last.from - last.count <= 2 * contextMax) hunks.at(-1)?.push(change);
    else hunks.push([change]);
  }
  return hunks;
}

/** `grown` is by how many lines the file has grown before the hunk. */
function hunkText(hunk: readonly Change[], lines: readonly string[], grown: number): string {
  const [first, last] = [hunk[0], hunk.at(-1)];
  if (first === undefined || last === undefined) return '';
  const start = Math.max(0, first.from - contextMax);
  const end = Math.min(lines.length, last.from + last.count + contextMax);
  const told: string[] = [];
  let at = start;
  for (const { from, count, lines: others } of hunk) {
    told.push(...lines.slice(at, from).map((line) => ` ${line}`));
    told.push(...lines.slice(from, from + count).map((line) => `-${line}`), ...others.map((line) => `+${line}`));
    at = from + count;
  }
  told.push(...lines.slice(at, end).map((line) => ` ${line}`));
  const after = told.filter((line) => !line.startsWith('-')).length;
  const text = told.map((line) => (line.endsWith('\n') ? line : `${line}\n\\ No newline at end of file\n`)).join('');
  return `@@ -${start + 1},${end - start} +${start + 1 + grown},${after} @@\n${text}`;
}
