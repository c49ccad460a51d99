import { isUtf8 } from 'node:buffer';
import type { Findings } from './findings.ts';
import type { Place } from './problem.ts';

/** A larger file is refused before any parser sees it. */
export const fileBytesMax: number = 1024 * 1024;

/** The same for a lock file, which nobody writes by hand. */
export const lockBytesMax: number = 16 * 1024 * 1024;

/**
 * Characters that change how text looks without changing how it reads to a person: controls, soft hyphens, zero-width
 * and bidirectional marks, line breaks other than LF, tag characters. Reviewers cannot see them, so no file may hold them.
 */
const invisible: RegExp =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/u;

/** The first invisible character of a text, as `U+202E`, with its offset; null when there is none. */
export function findInvisible(text: string): { readonly name: string; readonly offset: number } | null {
  const found = invisible.exec(text);
  if (found === null) return null;
  const hex = (found[0].codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  return { name: `U+${hex}`, offset: found.index };
}

/** The text of a file, or null when it is too large, not UTF-8 or holds characters that cannot be seen. */
export function readText(
  bytes: Buffer,
  at: (text: string, offset: number) => Place,
  findings: Findings,
): string | null {
  if (bytes.length > fileBytesMax) {
    findings.error('GH010', at('', 0), {
      message: 'expected a file of at most 1 MiB, found a larger one',
      hint: 'split it; policy files add up',
    });
    return null;
  }
  if (!isUtf8(bytes)) {
    findings.error('GH011', at('', 0), {
      message: 'expected UTF-8 text, found other bytes',
      hint: 'save the file as UTF-8',
    });
    return null;
  }
  const text = bytes.toString('utf8').replace(/^\ufeff/, '');
  const character = findInvisible(text);
  if (character === null) return text;
  findings.error('GH013', at(text, character.offset), {
    message: `found the invisible character ${character.name}`,
    hint: 'delete it; what reviewers cannot see is not accepted',
  });
  return null;
}
