import { createLines } from './lines.ts';

export interface EventStreamParts {
  /** The longest line and the most data of one event, in bytes. */
  readonly eventBytesMax: number;
  /** The most bytes of the whole stream; `Infinity` for a stream that stays open. */
  readonly totalBytesMax: number;
  /** Hears each event that has data; the bytes may be kept. `type` is `message` unless the stream names another. */
  event(type: string, data: Buffer): void;
}

export interface EventStream {
  /** False once a limit is passed: the stream cannot be read any further. */
  push(chunk: Buffer): boolean;
}

/** Lines of data and the ends between them in one event: each is held by itself, and costs more than a short line has bytes. */
const piecesMax = 200_000;
const byteOrderMark = Buffer.from('\ufeff');
const colon = 0x3a;
const space = 0x20;
const newline = Buffer.from('\n');

/**
 * Reads `text/event-stream` (WHATWG HTML, 9.2.6) from chunks cut anywhere. Data stays bytes. Ids and retry times are
 * ignored, since streams are not resumed.
 */
export function createEventStream(parts: EventStreamParts): EventStream {
  let total = 0;
  let fine = true;
  let first = true;
  let type = '';
  let data: Buffer[] = [];
  let dataBytes = 0;
  const lines = createLines({ lineBytesMax: parts.eventBytesMax, ends: 'any', line: readLine, overlong: stop });

  function stop(): void {
    fine = false;
  }

  function readLine(bytes: Buffer): void {
    if (!fine) return;
    const line = first && bytes.subarray(0, 3).equals(byteOrderMark) ? bytes.subarray(3) : bytes;
    first = false;
    if (line.length === 0) dispatch();
    else readField(line);
  }

  function readField(line: Buffer): void {
    const at = line.indexOf(colon);
    const name = (at === -1 ? line : line.subarray(0, at)).toString();
    if (name !== 'data' && name !== 'event') return;
    const from = line[at + 1] === space ? at + 2 : at + 1;
    const value = at === -1 ? Buffer.alloc(0) : line.subarray(from);
    if (name === 'event') type = value.toString();
    else addData(value);
  }

  function addData(value: Buffer): void {
    if (data.length > 0) data.push(newline);
    data.push(value);
    dataBytes += value.length + 1;
    if (dataBytes > parts.eventBytesMax + 1 || data.length > piecesMax) stop();
  }

  function dispatch(): void {
    const [only] = data;
    const bytes = data.length > 1 ? Buffer.concat(data) : only;
    const name = type === '' ? 'message' : type;
    type = '';
    data = [];
    dataBytes = 0;
    if (bytes !== undefined && bytes.length > 0) parts.event(name, bytes);
  }

  return {
    push(chunk) {
      total += chunk.length;
      if (total > parts.totalBytesMax) stop();
      if (fine) lines.push(chunk);
      return fine;
    },
  };
}
