import { connect } from 'node:net';
import { envelope } from '../fixtures/client.ts';

/** One row of `ladder.yaml`, which says what the members mean. */
export interface Row {
  readonly is: string;
  readonly from: 'modern' | 'legacy' | 'bare';
  readonly line?: string;
  readonly method?: string;
  readonly id?: string;
  readonly params?: string;
  readonly meta?: string;
  readonly call?: string;
  readonly arguments?: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string | readonly string[] | null>>;
  readonly chunked?: true;
  readonly status: number;
  readonly code?: number;
  readonly answers?: string;
  readonly holds?: string;
}

export interface RawAnswer {
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

/** The bytes of a row's request, as latin1 text. `session` is a sound one of the legacy era. */
export function bytesOf(row: Row, session: string): string {
  const { line = 'POST /mcp HTTP/1.1' } = row;
  const body = expand(line.startsWith('POST') || line.startsWith('PUT') ? (row.body ?? bodyOf(row)) : '');
  const framing = row.chunked ? { 'Transfer-Encoding': 'chunked' } : { 'Content-Length': String(body.length) };
  const headers = { ...soundHeaders(row, session), ...framing, ...row.headers, Connection: 'close' };
  const lines = Object.entries(headers).flatMap(([name, values]) =>
    [values ?? []].flat().map((value) => `${name}: ${expand(value)}`),
  );
  return [line, ...lines, '', row.chunked ? chunks(body) : body].join('\r\n');
}

/** Sends bytes on a connection of its own, perhaps ends its side of it, and reads until it is closed. */
export function exchange(port: number, bytes: string, then?: 'and end'): Promise<RawAnswer> {
  return new Promise((resolve) => {
    const received: Buffer[] = [];
    const socket = connect(port, '127.0.0.1', () => {
      socket.write(bytes, 'latin1');
      if (then === 'and end') socket.end();
    });
    socket.setTimeout(3_000, () => socket.destroy());
    socket.on('data', (chunk) => received.push(chunk));
    // A reset shows in what was not received.
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      const text = Buffer.concat(received).toString();
      const [head = '', body = ''] = text.split(/\r\n\r\n(.*)/s);
      resolve({ status: Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1]), head, body });
    });
  });
}

/** The raw id of the row's request. */
export function idOf({ id = '7' }: Row): string {
  return expand(id);
}

function bodyOf(row: Row): string {
  const { from, call, method = call === undefined ? 'tools/list' : 'tools/call', meta = envelope } = row;
  const params = [
    call === undefined ? [] : [`"name":"${call}"`, `"arguments":${row.arguments ?? '{}'}`],
    row.params ?? [],
    from === 'modern' ? `"_meta":{${meta}}` : [],
  ];
  return `{"jsonrpc":"2.0","id":${idOf(row)},"method":"${method}","params":{${params.flat().join()}}}`;
}

function soundHeaders({ from, method, call }: Row, session: string): Record<string, string> {
  const any = { Host: 'localhost', 'Content-Type': 'application/json', Accept: 'application/json, text/event-stream' };
  if (from === 'bare') return any;
  if (from === 'legacy') return { ...any, 'Mcp-Session-Id': session, 'MCP-Protocol-Version': '2025-11-25' };
  const named = call === undefined ? {} : { 'Mcp-Name': call };
  const asked = method ?? (call === undefined ? 'tools/list' : 'tools/call');
  return { ...any, 'MCP-Protocol-Version': '2026-07-28', 'Mcp-Method': asked, ...named };
}

function expand(text: string): string {
  return text
    .replace(/<nested (\d+)>/, (_, depth) => '['.repeat(depth) + ']'.repeat(depth))
    .replace(/<filler (\d+)>/, (_, length) => 'x'.repeat(length));
}

function chunks(body: string): string {
  const pieces = body.match(/.{1,65536}/gs) ?? [];
  return `${pieces.map((piece) => `${piece.length.toString(16)}\r\n${piece}\r\n`).join('')}0\r\n\r\n`;
}
