/** Control characters, line separators, and what turns or hides the text around it. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;
const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Extended_Pictographic}/u;
const ASCII = /^[ -~]*$/;

/** Arguments are other people's text: nothing in them may move the cursor, colour the screen or reverse a line. */
export function printable(text: string): string {
  if (ASCII.test(text)) return text;
  return text.replace(UNSEEN, (char) => SHORT[char] ?? `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`);
}

/** Columns a printable text takes on a terminal. */
export function widthOf(text: string): number {
  if (ASCII.test(text)) return text.length;
  let width = 0;
  for (const char of text) width += /\p{Mn}/u.test(char) ? 0 : WIDE.test(char) && char > '\u00ff' ? 2 : 1;
  return width;
}

/** The text in at most `width` columns, ending in `…` when something was left out. */
export function fit(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let kept = '';
  let used = 1;
  for (const char of text) {
    used += widthOf(char);
    if (used > width) break;
    kept += char;
  }
  return `${kept}…`;
}
