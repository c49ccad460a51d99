import type { JsonValue } from './json.ts';

/**
 * The texts of the elements of an array that has already been scanned, in order, perhaps with white space around.
 * A value that is not an array has none.
 */
export function* elementsOf(bytes: Buffer, array: JsonValue): Generator<Buffer> {
  if (array.kind !== 'array') return;
  let start = array.start + 1;
  while (start < array.end - 1) {
    const end = endOfElement(bytes, start, array.end - 1);
    if (!isBlank(bytes, start, end)) yield bytes.subarray(start, end);
    start = end + 1;
  }
}

/** Where the comma after this element stands, or `last` when none follows. */
function endOfElement(bytes: Buffer, start: number, last: number): number {
  let depth = 0;
  for (let at = start; at < last; at += 1) {
    const byte = bytes[at];
    if (byte === quote) at = endOfString(bytes, at);
    else if (byte === openBrace || byte === openBracket) depth += 1;
    else if (byte === closeBrace || byte === closeBracket) depth -= 1;
    else if (byte === comma && depth === 0) return at;
  }
  return last;
}

const [quote, backslash, comma] = [0x22, 0x5c, 0x2c];
const [openBrace, closeBrace, openBracket, closeBracket] = [0x7b, 0x7d, 0x5b, 0x5d];

function endOfString(bytes: Buffer, open: number): number {
  let at = open + 1;
  while (bytes[at] !== quote) at += bytes[at] === backslash ? 2 : 1;
  return at;
}

function isBlank(bytes: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at += 1) if ((bytes[at] ?? 0) > 0x20) return false;
  return true;
}
