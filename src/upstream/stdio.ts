import { modernVersion } from '../protocol/eras.ts';
import type { Agreement, Dialect } from './dialect.ts';
import { createDuplex, type Duplex, sendOn } from './duplex.ts';
import { judgeStdio } from './era.ts';
import { askOpening, shakeHands } from './handshake.ts';
import { dialect as legacy } from './legacy.ts';
import type { Opened, OpenParts } from './link.ts';
import { agreementOf, listening, dialect as modern } from './modern.ts';
import { type Failed, failed } from './pending.ts';
import { startProcess } from './process.ts';
import { stayOpen } from './stay-open.ts';

/** A modern server answers at once; a legacy one may say nothing to a method it does not know. */
const probeMs = 2000;

/** Opens a link to a child process, started for this link alone. */
export async function openStdio(parts: OpenParts): Promise<Opened> {
  const child = startChild(parts);
  const opened = await negotiate(parts, child);
  if (opened.kind === 'failed') await child.close();
  return opened;
}

async function negotiate(parts: OpenParts, child: Child): Promise<Opened> {
  const { protocol, timeoutMs } = parts.server;
  if (protocol === 'legacy' || parts.verdicts.legacyMs() > 0) return openLegacy(parts, child);
  if (protocol === 'modern') return openModern(parts, child, timeoutMs);
  const opened = await openModern(parts, child, Math.min(probeMs, timeoutMs));
  if (opened.kind === 'open' || opened.reason === 'unreachable' || parts.signal.aborted) return opened;
  if (child.gone !== null) return openAnew(parts);
  const second = await openLegacy(parts, child);
  const slowToStart = opened.reason === 'timeout' && second.kind === 'failed' && second.reason === 'bad_answer';
  return slowToStart ? openModern(parts, child, timeoutMs) : second;
}

async function openModern(parts: OpenParts, child: Child, timeoutMs: number): Promise<Opened> {
  const reply = await askOpening(child.duplex, modern, { ...parts, timeoutMs });
  if (reply.kind === 'failed') return reply;
  if (judgeStdio(reply) === 'legacy') return failed('bad_answer', `it does not speak MCP ${modernVersion}`);
  return openLink(parts, child, { dialect: modern, agreement: agreementOf(reply) });
}

/** Some legacy servers exit at a request before `initialize`: started again, they are not asked. */
async function openAnew(parts: OpenParts): Promise<Opened> {
  const child = startChild(parts);
  const opened = await openLegacy(parts, child);
  if (opened.kind === 'failed') await child.close();
  return opened;
}

async function openLegacy(parts: OpenParts, child: Child): Promise<Opened> {
  const { protocol, timeoutMs } = parts.server;
  const handshake = await shakeHands(child.duplex, { ...parts, timeoutMs });
  if (handshake.kind === 'failed') {
    parts.verdicts.forget();
    return handshake;
  }
  if (protocol === 'auto') parts.verdicts.learnLegacy();
  return openLink(parts, child, { dialect: legacy, agreement: handshake.agreement });
}

interface Child {
  readonly duplex: Duplex;
  /** Why it has ended, or null while it runs. */
  gone: Failed | null;
  /** Hears of its end once a link is open. */
  lost: ((detail: string) => void) | null;
  close(): Promise<void>;
}

function startChild(parts: OpenParts): Child {
  const { server, limits, log, presented, events, client } = parts;
  if (server.reach.kind !== 'stdio') throw new TypeError('openStdio needs a server with a command');
  const channel = startProcess({
    ...parts,
    reach: server.reach,
    secrets: presented.env,
    line: (bytes) => duplex.receive(bytes),
    overlong: (head, tail) => duplex.overlong(head, tail),
    ended(failure) {
      child.gone = failure;
      duplex.ended(failure);
      child.lost?.(failure.detail);
    },
  });
  const reading = { depthMax: limits.jsonDepthMax, uniqueKeys: false };
  const duplex = createDuplex({ channel, reading, client, log, toolsChanged: events.toolsChanged });
  const child: Child = { duplex, gone: null, lost: null, close: channel.close };
  return child;
}

interface Settled {
  readonly dialect: Dialect;
  readonly agreement: Agreement;
}

function openLink({ events }: OpenParts, child: Child, { dialect, agreement }: Settled): Opened {
  if (child.gone !== null) return child.gone;
  child.lost = events.lost;
  const listens = dialect.era === 'modern' && agreement.listChanged;
  const stopListening = listens ? stayListening(child.duplex, events.toolsChanged) : () => undefined;
  return {
    kind: 'open',
    link: {
      era: dialect.era,
      detail: `MCP ${agreement.version} over stdio`,
      send: (request, exchange) => sendOn(child.duplex, dialect, { request, exchange }),
      close() {
        stopListening();
        return child.close();
      },
    },
  };
}

/** The subscription is a request that is answered when the server ends it. */
function stayListening(duplex: Duplex, missed: () => void): () => void {
  return stayOpen((ended, opened) => {
    const takeBack = duplex.ask({
      dialect: modern,
      request: listening,
      replied(reply) {
        ended(reply.kind === 'response' && reply.outcome === 'result' ? 'again' : 'stop');
      },
    });
    opened();
    return () => takeBack('untold');
  }, missed);
}
