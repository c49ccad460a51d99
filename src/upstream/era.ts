import { type Era, eraOf, modernVersion } from '../protocol/eras.ts';

import { errors } from '../protocol/errors.ts';
import type { ResponseMessage } from '../protocol/message.ts';
import { readError } from './answer.ts';
import { dialect as modern } from './modern.ts';

/** What a server's reaction to `server/discover` says; `unknown` is no evidence of either era. */
export type Verdict = Era | 'unknown';

/** What came back: the HTTP status (null without HTTP or without a head), and the response if there was one. */
export interface Reaction {
  readonly status: number | null;
  readonly response: ResponseMessage | null;
}

/**
 * Over HTTP (MCP 2026-07-28, streamable HTTP, backward compatibility): a result or a recognised modern error is
 * modern; any other JSON-RPC error, or 400, 404 or 405, is legacy; all else, such as 401 or 503, is no evidence.
 */
export function judgeHttp({ status, response }: Reaction): Verdict {
  if (status === 401 || status === 403 || (status !== null && status >= 500)) return 'unknown';
  if (response !== null) return status === 404 && isMethodNotFound(response) ? 'modern' : judgeResponse(response);
  return isNoSuchEndpoint(status) ? 'legacy' : 'unknown';
}

/** Over stdio a result or a modern error is modern and any other error legacy, as silence is. */
export function judgeStdio(response: ResponseMessage): Era {
  return judgeResponse(response);
}

/** The statuses that say another transport or era may be spoken here. */
export function isNoSuchEndpoint(status: number | null): boolean {
  return status === 400 || status === 404 || status === 405;
}

function judgeResponse({ bytes, outcome, value }: ResponseMessage): Era {
  if (outcome === 'result') return modern.readAgreement(bytes, value) === null ? 'legacy' : 'modern';
  const { code, data } = readError(bytes, value);
  if (code === errors.unsupportedVersion.code) return speaksOnlyLegacy(data) ? 'legacy' : 'modern';
  return modernErrors.has(code) ? 'modern' : 'legacy';
}

function isMethodNotFound({ bytes, outcome, value }: ResponseMessage): boolean {
  return outcome === 'error' && readError(bytes, value).code === errors.methodNotFound.code;
}

const modernErrors: ReadonlySet<number> = new Set([errors.headerMismatch.code, errors.missingCapability.code]);

/** A server of both eras with the modern one switched off names the versions left in `data.supported`. */
function speaksOnlyLegacy(data: Buffer | null): boolean {
  const supported: unknown = data === null ? null : JSON.parse(data.toString())?.supported;
  if (!Array.isArray(supported) || supported.includes(modernVersion)) return false;
  return supported.some((version) => typeof version === 'string' && eraOf(version) === 'legacy');
}

/** Remembers that a server is legacy, to spare it the question. A modern verdict is not remembered: asking is its handshake. */
export interface EraMemory {
  /** Milliseconds for which the server still counts as legacy; 0 when it must be asked. */
  legacyMs(): number;
  learnLegacy(): void;
  forget(): void;
}

/** A stale legacy verdict would never correct itself, so it ends after a day. */
const legacyVerdictMs = 24 * 60 * 60 * 1000;

/** `now` in milliseconds. */
export function createEraMemory(now: () => number): EraMemory {
  let until = 0;
  return {
    legacyMs: () => Math.max(0, until - now()),
    learnLegacy() {
      until = now() + legacyVerdictMs;
    },
    forget() {
      until = 0;
    },
  };
}
