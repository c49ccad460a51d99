export interface LinesParts {
  /** A line with more bytes than this is passed over. */
  readonly lineBytesMax: number;
  /** `lf`: lines end in LF, perhaps after CR. `any`: in LF, CRLF or CR alone, as in an event stream. */
  readonly ends: 'lf' | 'any';
  /** Hears each line without its end; the bytes may be kept. */
  line(bytes: Buffer): void;
  /** Hears the first and the last bytes of a line over the limit. */
  overlong(head: Buffer, tail: Buffer): void;
}

export interface Lines {
  push(chunk: Buffer): void;
}

/** How much of each end of an overlong line is kept, in bytes. */
const edgeBytes = 256;
const lf = 0x0a;
const cr = 0x0d;

/** Cuts chunks into lines. Chunks of an unfinished line are held as they came and joined once. */
export function createLines(parts: LinesParts): Lines {
  let held: Buffer[] = [];
  let heldBytes = 0;
  let over: { readonly head: Buffer; tail: Buffer } | null = null;
  let afterCr = false;

  function hold(piece: Buffer): void {
    if (piece.length === 0) return;
    if (over !== null) {
      over.tail = lastBytes(over.tail, piece);
      return;
    }
    held.push(piece);
    heldBytes += piece.length;
    if (heldBytes <= parts.lineBytesMax) return;
    const bytes = take();
    over = { head: Buffer.from(bytes.subarray(0, edgeBytes)), tail: lastBytes(Buffer.alloc(0), bytes) };
  }

  function take(): Buffer {
    const [only = Buffer.alloc(0)] = held;
    const bytes = held.length > 1 ? Buffer.concat(held, heldBytes) : only;
    held = [];
    heldBytes = 0;
    return bytes;
  }

  function endLine(): void {
    if (over !== null) parts.overlong(over.head, over.tail);
    else parts.line(withoutCr(take()));
    over = null;
  }

  return {
    push(chunk) {
      let start = afterCr && chunk[0] === lf ? 1 : 0;
      if (chunk.length > 0) afterCr = parts.ends === 'any' && chunk[chunk.length - 1] === cr;
      for (const end of lineEnds(chunk, start, parts.ends)) {
        hold(chunk.subarray(start, end));
        endLine();
        start = parts.ends === 'any' && chunk[end] === cr && chunk[end + 1] === lf ? end + 2 : end + 1;
      }
      if (start < chunk.length) hold(chunk.subarray(start));
    },
  };
}

/** Offsets of line ends; for CRLF that of the CR when both count. Each byte is looked at once for each kind of end. */
function* lineEnds(chunk: Buffer, from: number, ends: LinesParts['ends']): Generator<number> {
  let nextLf = find(chunk, lf, from);
  let nextCr = ends === 'any' ? find(chunk, cr, from) : chunk.length;
  for (let end = Math.min(nextLf, nextCr); end < chunk.length; end = Math.min(nextLf, nextCr)) {
    yield end;
    const past = nextLf === nextCr + 1 ? nextLf + 1 : end + 1;
    if (nextLf < past) nextLf = find(chunk, lf, past);
    if (nextCr < past) nextCr = find(chunk, cr, past);
  }
}

/** The length of the chunk when there is none. */
function find(chunk: Buffer, byte: number, from: number): number {
  const at = chunk.indexOf(byte, from);
  return at === -1 ? chunk.length : at;
}

function withoutCr(line: Buffer): Buffer {
  return line[line.length - 1] === cr ? line.subarray(0, -1) : line;
}

/** Copied, so that a few bytes do not keep a large chunk alive. */
function lastBytes(before: Buffer, piece: Buffer): Buffer {
  return Buffer.concat([before, piece.subarray(-edgeBytes)]).subarray(-edgeBytes);
}
