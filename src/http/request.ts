import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';

/** Why a request is not answered, for `sendText`. */
export interface Refusal {
  readonly status: number;
  readonly text: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface Allowed {
  /** Host header values; one without a port stands for any port. */
  readonly allowedHosts: readonly string[];
  /** Origin header values; a request without Origin comes from no web page and is fine. */
  readonly allowedOrigins: readonly string[];
}

const headersMax = 200;

/**
 * Checks what a request claims of itself before anything of it is believed: Node takes the first of two Hosts, joins
 * two Origins, accepts an absolute target naming another host, and reads `identity, chunked`. Null when all is well.
 */
export function checkRequest(req: IncomingMessage, { allowedHosts, allowedOrigins }: Allowed): Refusal | null {
  const { host, origin, 'transfer-encoding': transfer } = req.headers;
  if (req.rawHeaders.length > 2 * headersMax) return refusal(431, `More than ${headersMax} headers.`);
  const ambiguous = ambiguousHeader(req.rawHeaders);
  if (ambiguous !== null) return refusal(400, `The header ${ambiguous} is ambiguous.`);
  if (req.url?.startsWith('/') !== true) return refusal(400, 'The request target must be a path.');
  if (transfer !== undefined && transfer.toLowerCase() !== 'chunked') return refusal(400, 'Unknown Transfer-Encoding.');
  if (host === undefined) return refusal(400, 'The header host is missing.');
  if (!isHostAllowed(host.toLowerCase(), allowedHosts)) return refusal(403, 'Host not allowed.');
  if (origin !== undefined && !allowedOrigins.includes(origin)) return refusal(403, 'Origin not allowed.');
  return null;
}

/** Headers of which two readers could see different values if they came twice, or once with `_` for `-`. */
const single: ReadonlySet<string> = new Set([
  'accept',
  'authorization',
  'content-encoding',
  'content-length',
  'content-type',
  'cookie',
  'host',
  'last-event-id',
  'origin',
  'transfer-encoding',
]);

/** The first header that is repeated or spelt with `_` though it must be single, in lower case; null when none is. */
function ambiguousHeader(rawHeaders: readonly string[]): string | null {
  const seen: string[] = [];
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]?.toLowerCase() ?? '';
    const plain = name.replaceAll('_', '-');
    if (!single.has(plain) && !plain.startsWith('mcp-')) continue;
    if (plain !== name || seen.includes(name)) return plain;
    seen.push(name);
  }
  return null;
}

function isHostAllowed(host: string, allowed: readonly string[]): boolean {
  const name = host.replace(/:\d+$/, '');
  return allowed.some((candidate) => [host, name].includes(candidate.toLowerCase()));
}

/** Whether a POST brings JSON and takes both kinds of answer, and a GET takes an event stream; null when it is so. */
export function checkContent(req: IncomingMessage): Refusal | null {
  const { accept, 'content-type': type = '', 'content-encoding': encoding } = req.headers;
  if (req.method === 'GET')
    return accepts(accept, eventStream) ? null : refusal(406, `Accept must have ${eventStream}.`);
  if (req.method !== 'POST') return null;
  if (mediaType(type) !== json) return refusal(415, `Content-Type must be ${json}.`);
  if (encoding !== undefined && encoding !== 'identity') return refusal(415, 'Content-Encoding is not supported.');
  if (accepts(accept, json) && accepts(accept, eventStream)) return null;
  return refusal(406, `Accept must have ${json} and ${eventStream}.`);
}

const json = 'application/json';
const eventStream = 'text/event-stream';

/** RFC 9110 section 12.5.1; weights other than zero make no difference, as there is only ever one type to choose. */
function accepts(accept: string | undefined, type: string): boolean {
  if (accept === undefined) return true;
  const ranges = ['*/*', `${type.slice(0, type.indexOf('/'))}/*`, type];
  return accept.split(',').some((item) => ranges.includes(mediaType(item)) && !/;\s*q=0(\.0*)?\s*(;|$)/i.test(item));
}

function mediaType(value: string): string {
  return (value.split(';', 1)[0] ?? '').trim().toLowerCase();
}

export type Body = { readonly kind: 'read'; readonly bytes: Buffer } | (Refusal & { readonly kind: 'refused' });

/** How long the rest of a refused body is read and forgotten, so that the refusal reaches a client still sending. */
const lingerMs = 1_000;

/** Reads a body of at most `bytesMax`, as counted on the wire. One that announces more is refused before it is read. */
export function readBody(req: IncomingMessage, bytesMax: number): Promise<Body> {
  const tooLarge: Body = { kind: 'refused', ...refusal(413, `The body may have ${bytesMax} bytes.`) };
  if (Number(req.headers['content-length'] ?? 0) > bytesMax) {
    linger(req);
    return Promise.resolve(tooLarge);
  }
  const cutOff: Body = { kind: 'refused', ...refusal(400, 'The body was cut off.') };
  // A request that has closed already, while its caller was found out, says nothing any more.
  if (req.destroyed) return Promise.resolve(cutOff);
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let length = 0;
    req.on('data', collect);
    req.once('end', () =>
      resolve({ kind: 'read', bytes: chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks) }),
    );
    req.once('close', () => resolve(cutOff));
    req.once('error', () => resolve(cutOff));

    function collect(chunk: Buffer): void {
      length += chunk.length;
      if (length <= bytesMax) {
        chunks.push(chunk);
        return;
      }
      req.off('data', collect);
      chunks.length = 0;
      linger(req);
      resolve(tooLarge);
    }
  });
}

/** Closing at once would reset the connection, and with it the answer the client has not read yet. */
function linger(req: IncomingMessage): void {
  const timer = setTimeout(() => req.socket.destroy(), lingerMs).unref();
  req.once('close', () => clearTimeout(timer));
  req.resume();
}

/**
 * The address a request comes from: the TCP peer, or, when that is a trusted proxy, the right-most entry of
 * X-Forwarded-For that is not one. What stands further left the client may have written itself.
 */
export function clientAddress(req: IncomingMessage, trustedProxies: readonly string[]): string {
  const peer = plainAddress(req.socket.remoteAddress ?? '');
  const forwarded = req.headers['x-forwarded-for'];
  if (forwarded === undefined || !trustedProxies.includes(peer)) return peer;
  let nearest = peer;
  for (const entry of [forwarded].flat().join().split(',').reverse()) {
    const address = plainAddress(entry.trim());
    if (isIP(address) === 0) return nearest;
    nearest = address;
    if (!trustedProxies.includes(address)) return nearest;
  }
  return nearest;
}

/** Whether an IP address or the name of a listener stays on this machine. */
export function isLoopback(address: string): boolean {
  const plain = plainAddress(address);
  return plain === 'localhost' || plain === '::1' || (isIP(plain) === 4 && plain.startsWith('127.'));
}

/** Whether a Host header, with or without a port, names this machine by a loopback name. */
export function hostIsLoopback(host: string): boolean {
  const name = /^(\[(?<six>[^\]]*)\]|(?<other>[^:]*))(:\d+)?$/.exec(host)?.groups ?? {};
  return isLoopback((name['six'] ?? name['other'] ?? '').toLowerCase());
}

/** An IPv4 address as such where a dual-stack socket reports it inside IPv6. */
function plainAddress(address: string): string {
  return address.startsWith('::ffff:') && isIP(address.slice(7)) === 4 ? address.slice(7) : address;
}

function refusal(status: number, text: string): Refusal {
  return { status, text, headers: {} };
}
