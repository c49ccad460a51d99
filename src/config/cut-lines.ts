/** A piece of a text, by its offsets, and what stands there instead. */
export interface Splice {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

/** Lines of a text that give way to others; a line holds its line break. */
export interface Change {
  /** Index of the first. */
  readonly from: number;
  readonly count: number;
  readonly lines: readonly string[];
}

/** A text in which something was changed. */
export interface Edited {
  readonly text: string;
  /** In order. */
  readonly changes: readonly Change[];
}

/** A text by its lines. */
export function linesOf(text: string): readonly string[] {
  return text.split(/(?<=\n)/);
}

/**
 * The whole lines of something that has them to itself, with the comments right above it that are indented as it is,
 * and those below that are indented more. Null when something else stands on its lines.
 */
export function wholeLines(text: string, { from, to }: Pick<Splice, 'from' | 'to'>): Splice | null {
  let top = startOfLine(text, from);
  const indent = text.slice(top, from);
  // A literal block ends after its last line break.
  const last = text[to - 1] === '\n' ? to - 1 : to;
  let bottom = endOfLine(text, last);
  if (!/^[ \t]*$/.test(indent) || !/^[ \t]*,?[ \t]*(?:#.*)?\r?\n?$/.test(text.slice(last, bottom))) return null;
  const isOwn = (line: string) => line.startsWith(`${indent}#`);
  while (top > 0 && isOwn(text.slice(startOfLine(text, top - 1), top))) top = startOfLine(text, top - 1);
  const isInside = (line: string) => line.startsWith(`${indent} `) && /^[ \t]*#/.test(line);
  while (isInside(text.slice(bottom, endOfLine(text, bottom)))) bottom = endOfLine(text, bottom);
  return { from: top, to: bottom, text: '' };
}

export function startOfLine(text: string, offset: number): number {
  return offset === 0 ? 0 : text.lastIndexOf('\n', offset - 1) + 1;
}

function endOfLine(text: string, offset: number): number {
  const found = text.indexOf('\n', offset);
  return found < 0 ? text.length : found + 1;
}

/** The text with all of them. Of two empty lines around something that is gone, one goes too. */
export function spliced(text: string, splices: readonly Splice[]): Edited {
  const before = linesOf(text);
  const after = [...before];
  const sorted = splices.toSorted((a, b) => a.from - b.from || a.to - b.to);
  let start = 0;
  for (const [index, line] of before.entries()) {
    after[index] = lineAfter(line, start, sorted);
    start += line.length;
  }
  dropBlanks(after);
  return { text: after.join(''), changes: changesBetween(before, after) };
}

/** What is left of a line that begins at `start`. */
function lineAfter(line: string, start: number, sorted: readonly Splice[]): string {
  let [left, at] = ['', 0];
  for (const { from, to, text } of sorted) {
    if (to - start <= at || from - start >= line.length) continue;
    left += line.slice(at, Math.max(at, from - start)) + (from >= start ? text : '');
    at = Math.min(line.length, to - start);
  }
  return left + line.slice(at);
}

function dropBlanks(lines: string[]): void {
  const isBlank = (index: number) => /^[ \t]*\r?\n?$/.test(lines[index] ?? '');
  for (let top = 0, end = 0; top < lines.length; top = end + 1) {
    end = top;
    if (lines[top] !== '') continue;
    const above = lines.slice(0, top).findLast((line) => line !== '') ?? '\n';
    const isApart = /(?:^|:)[ \t]*(?:#.*)?\r?\n$/.test(above);
    for (; end < lines.length && (lines[end] === '' || (isApart && isBlank(end))); end += 1) lines[end] = '';
    for (let last = top - 1; end === lines.length && isBlank(last); last -= 1) lines[last] = '';
  }
}

function changesBetween(before: readonly string[], after: readonly string[]): readonly Change[] {
  const changes: Change[] = [];
  for (let from = 0, end = 0; from < before.length; from = Math.max(end, from + 1)) {
    end = from;
    while (end < before.length && before[end] !== after[end]) end += 1;
    const text = after.slice(from, end).join('');
    if (end > from) changes.push({ from, count: end - from, lines: text === '' ? [] : linesOf(text) });
  }
  return changes;
}
