import type { Agreement, ClientInfo, Dialect } from './dialect.ts';
import type { Duplex, DuplexReply } from './duplex.ts';
import { initialized, dialect as legacy } from './legacy.ts';
import { type Failed, failed } from './pending.ts';

export interface HandshakeParts {
  readonly client: ClientInfo;
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}

/** Asks the first question of an era on a shared stream. It is never cancelled: some servers would not understand. */
export function askOpening(duplex: Duplex, dialect: Dialect, parts: HandshakeParts): Promise<DuplexReply> {
  const opening = dialect.opening(parts.client);
  return new Promise((resolve) => {
    const timer = setTimeout(() => end(failed('timeout', `no answer to ${opening.method}`)), parts.timeoutMs);
    const abort = () => end(failed('closed', 'the connection was closed'));
    parts.signal.addEventListener('abort', abort, { once: true });
    let takeBack: ReturnType<Duplex['ask']> | null = null;
    takeBack = duplex.ask({ dialect, request: { ...opening, meta: [], onProgress: null }, replied: end });

    function end(reply: DuplexReply): void {
      clearTimeout(timer);
      parts.signal.removeEventListener('abort', abort);
      if (reply.kind === 'failed') takeBack?.('untold');
      resolve(reply);
    }
  });
}

export type Handshake = { readonly kind: 'agreed'; readonly agreement: Agreement } | Failed;

/** The legacy handshake: `initialize`, and `notifications/initialized` once a version is agreed on. */
export async function shakeHands(duplex: Duplex, parts: HandshakeParts): Promise<Handshake> {
  const reply = await askOpening(duplex, legacy, parts);
  if (reply.kind === 'failed') return reply;
  if (reply.outcome === 'error') return failed('bad_answer', 'it answered initialize with an error');
  const agreement = legacy.readAgreement(reply.bytes, reply.value);
  if (agreement === null) return failed('bad_answer', 'it speaks no version of MCP known here');
  duplex.tell(initialized);
  return { kind: 'agreed', agreement };
}
