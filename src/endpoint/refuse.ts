import type { ServerResponse } from 'node:http';
import type { Refusal } from '../http/request.ts';
import { sendText } from '../http/response.ts';

type RefusalName = 'unauthorized' | 'notFound' | 'methodNotAllowed' | 'tooMany' | 'unavailable' | 'internal';

/** Answers below JSON-RPC, to requests that are not, or not yet, read as messages. */
export const refusals: Readonly<Record<RefusalName, Refusal>> = {
  unauthorized: { status: 401, text: 'A credential is needed.', headers: {} },
  notFound: { status: 404, text: 'Not found. The MCP endpoint is /mcp.', headers: {} },
  methodNotAllowed: { status: 405, text: 'Method not allowed.', headers: { Allow: 'POST' } },
  tooMany: { status: 429, text: 'Too many requests or streams at once.', headers: { 'Retry-After': '1' } },
  internal: { status: 500, text: 'Internal error.', headers: {} },
  unavailable: { status: 503, text: 'Not available at the moment.', headers: { 'Retry-After': '5' } },
};

/** Sends a refusal; a response already begun is cut off instead, so that no client takes a part for the whole. */
export function refuse(res: ServerResponse, refusal: Refusal): void {
  if (res.headersSent) res.destroy();
  else sendText(res, refusal);
}
