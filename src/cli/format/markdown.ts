import { printable } from '../../audit/answer/printable.ts';

/** Whatever means something to Markdown, HTML or a table, anywhere in a line. */
const meaningful = /[&<>`*_~[\]|\\$]/g;

/**
 * Somebody else's text for a comment, as plain words: no markup, no link, no mention, no quick action. Characters
 * that mean something become numeric references, which CommonMark 0.31 §2.5 never takes for structure.
 */
export function markdownText(text: string): string {
  const inert = reference(printable(text), meaningful)
    .replace(/^[\s#+/=-]+|^\d+(?=[.)])/, (start) => reference(start, /./gu))
    .replace(/:\/\/|\bwww\./gi, (start) => reference(start, /[:.]/g));
  // Pages look for mentions and references once references are resolved; a zero-width space ends the search.
  return inert.replace(/@|(?<!&)[#!%](?=[\p{L}\p{N}])/gu, '$&&#8203;');
}

/** As `markdownText`, shown as code, in which no page looks for mentions. */
export function markdownCode(text: string): string {
  const inert = reference(printable(text), /[&<>`*_~[\]|\\$@#!:%]/g);
  return `<code>${inert.replace(/\bwww\./gi, (start) => reference(start, /\./g))}</code>`;
}

function reference(text: string, pattern: RegExp): string {
  return text.replace(pattern, (character) => `&#${character.codePointAt(0)};`);
}
