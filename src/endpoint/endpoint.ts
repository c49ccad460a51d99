import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import { AuditUnavailable } from '../audit/record/event.ts';
import { checkContent, checkRequest, readBody } from '../http/request.ts';
import { sendJson } from '../http/response.ts';
import { metadataPaths, protectedResourceMetadata } from '../identity/challenge.ts';
import { type AdmissionParts, createAdmission } from './admission.ts';
import type { EndpointParts, Exchange } from './exchange.ts';
import { hostsOf } from './headers.ts';
import { createMessages } from './messages.ts';
import { createQuota, type Place } from './quota.ts';
import { refusals, refuse } from './refuse.ts';
import type { Sessions } from './sessions.ts';

export interface EndpointInit extends EndpointParts {
  readonly sessions: Sessions;
  /** False while nothing may be begun: the gateway is stopping, or could not record what it does. */
  readonly available: () => boolean;
  /** Refused credentials recorded a second. */
  readonly authFailuresPerSecondMax: () => number;
  /** Told of every refused credential. */
  readonly authFailed: AdmissionParts['authFailed'];
  readonly log: Logger;
}

/** The MCP endpoint as a `node:http` listener. Every request climbs the same ladder, whatever its era and route. */
export function createEndpoint(parts: EndpointInit): (req: IncomingMessage, res: ServerResponse) => void {
  const limits = () => parts.snapshot().configuration.limits;
  const quota = createQuota(() => limits().callsPerPrincipalMax);
  const admit = createAdmission({ ...parts, perSecondMax: parts.authFailuresPerSecondMax });
  const messages = createMessages(parts);

  return function handle(req, res) {
    climb(req, res).catch((error: unknown) => fail(res, error));
  };

  // The order matters: nothing of a request is believed before Host and Origin are, and no body byte is read before
  // the caller is known and within bounds.
  async function climb(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const snapshot = parts.snapshot();
    const { gateway } = snapshot.configuration;
    const unfit = checkRequest(req, { allowedHosts: hostsOf(gateway), allowedOrigins: gateway.allowedOrigins });
    if (unfit !== null) return refuse(res, unfit);
    const path = req.url?.split('?', 1)[0] ?? '';
    if (path !== '/mcp') return answerElsewhere(req, res, path);
    if (!parts.available()) return refuse(res, refusals.unavailable);
    const exchange = await admit(req, res);
    if (exchange === null) return;
    const place = quota.take(exchange.identity.key);
    if (place === null) return refuse(res, refusals.tooMany);
    try {
      await answer(exchange, place.kind);
    } finally {
      place.release();
    }
  }

  async function answer(exchange: Exchange, place: Place['kind']): Promise<void> {
    const { req, res, snapshot } = exchange;
    const unfit = checkContent(req);
    if (unfit !== null) return refuse(res, unfit);
    if (req.method !== 'POST') return messages.withoutBody(exchange, place);
    const body = await readBody(req, snapshot.configuration.limits.bodyBytesMax);
    if (body.kind === 'refused') return refuse(res, body);
    // A slow body may outlast a reload: who it comes from and what they may do is what the files say now.
    const current = parts.snapshot() === snapshot ? exchange : await admit(req, res);
    return current === null ? undefined : messages.withBody(current, body.bytes, place);
  }

  function answerElsewhere(req: IncomingMessage, res: ServerResponse, path: string): void {
    const isMetadata = metadataPaths(parts.snapshot().configuration.gateway.url).includes(path);
    if (isMetadata) sendMetadata(req, res);
    else refuse(res, refusals.notFound);
  }

  function sendMetadata(req: IncomingMessage, res: ServerResponse): void {
    if (req.method !== 'GET') return refuse(res, { ...refusals.methodNotAllowed, headers: { Allow: 'GET' } });
    const metadata = protectedResourceMetadata(parts.snapshot().configuration);
    sendJson(res, 200, Buffer.from(JSON.stringify(metadata)));
  }

  function fail(res: ServerResponse, error: unknown): void {
    if (error instanceof AuditUnavailable) {
      parts.log.error({ err: error }, 'refused: the audit log cannot be written');
      return refuse(res, refusals.unavailable);
    }
    parts.log.error({ err: error }, 'internal error');
    refuse(res, refusals.internal);
  }
}
