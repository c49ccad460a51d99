import type { Scalar } from 'yaml';

/** One character of a scalar as it is written: itself, a doubled quote, or an escape. */
const pieces: Readonly<Record<string, RegExp>> = {
  QUOTE_SINGLE: /''|./gs,
  QUOTE_DOUBLE: /\\(?:x..|u.{4}|U.{8}|\r?\n|.)|./gs,
};
const whole = /./gs;

/**
 * Where the character at `offset` of a text scalar's value stands in the source, as an offset into it;
 * past its end, where it ends. How a scalar is
 * written changes only its white space and, in quotes, the spelling of characters, so the others are counted. Near
 * enough where the two differ in more: in what a `\U` escape of two code units makes.
 */
export function placeInScalar(node: Scalar<unknown>, { source, offset }: { source: string; offset: number }): number {
  const [start, end] = node.range ?? [0, 0];
  const isBlock = node.type === 'BLOCK_LITERAL' || node.type === 'BLOCK_FOLDED';
  const isQuoted = node.type === 'QUOTE_SINGLE' || node.type === 'QUOTE_DOUBLE';
  const from = isBlock ? source.indexOf('\n', start) + 1 : start + (isQuoted ? 1 : 0);
  const raw = source.slice(from, isQuoted ? end - 1 : end);
  let toCome = visibleIn(String(node.value).slice(0, offset));
  for (const { 0: piece, index } of raw.matchAll(pieces[node.type ?? ''] ?? whole)) {
    if (isBlank(piece)) continue;
    if (toCome === 0) return from + index;
    toCome -= 1;
  }
  return from + raw.trimEnd().length;
}

function visibleIn(text: string): number {
  return text.length - (text.match(/\s/g)?.length ?? 0);
}

/** Escapes that stand for white space, or for none at the end of a line, count as such. */
function isBlank(piece: string): boolean {
  return /^(?:\\?\s|\\\r\n|\\[tnrvf_NLP])$/.test(piece);
}
