import { sendJson } from '../http/response.ts';
import { negotiate } from '../protocol/eras.ts';
import { errors } from '../protocol/errors.ts';
import { member, textOf } from '../protocol/members.ts';
import type { RequestMessage } from '../protocol/message.ts';
import { sendRendered } from './answer.ts';
import type { EndpointParts, Exchange } from './exchange.ts';
import { instructionsFor } from './instructions.ts';
import { implementationOf } from './methods.ts';
import { renderError, response } from './render.ts';
import type { Sessions } from './sessions.ts';

/** Answers a legacy `initialize` with a new session (MCP 2025-11-25, basic/lifecycle). */
export async function initialize(
  parts: EndpointParts & { readonly sessions: Sessions },
  { res, identity, snapshot }: Exchange,
  message: RequestMessage,
): Promise<void> {
  const requested = member(message.params, 'protocolVersion');
  if (requested?.kind !== 'string') {
    const problem = { message: 'initialize needs a string "protocolVersion".' };
    return sendRendered(res, renderError(errors.invalidParams, message.id, problem));
  }
  const version = negotiate(textOf(message.bytes, requested));
  const info = implementationOf(message.bytes, member(message.params, 'clientInfo'));
  const view = await parts.settled();
  const session = parts.sessions.open({ principal: identity.key, version, ...info });
  res.setHeader('Mcp-Session-Id', session.id);
  const result = {
    protocolVersion: version,
    capabilities: { tools: { listChanged: true } },
    serverInfo: { name: 'gatehouse', version: parts.version },
    instructions: instructionsFor(identity, { snapshot, view, at: parts.now() }),
  };
  sendJson(res, 200, response(message.id, Buffer.from(JSON.stringify(result))));
}
