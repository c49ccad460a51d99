import type { ContentMode, Redaction } from '../../config/audit-settings.ts';
import type { MacKey } from '../keys.ts';
import { type BoundedJson, boundedJson, quoted } from './bounded-json.ts';
import type { AuditEvent } from './event.ts';
import { createMac } from './mac.ts';
import type { Masking } from './masking.ts';

const ARGS_BYTES_MAX = 8 * 1024;
const RES_BYTES_MAX = 4 * 1024;
/** A larger result is not parsed, for the time that takes. */
const RES_PARSED_BYTES_MAX = 256 * 1024;
const TOO_LARGE: BoundedJson = { text: '"[cut]"', masked: [] };

/** For events that do not say. */
const USUAL: Redaction = {
  arguments: 'redact',
  results: 'hash',
  mask: [],
  detectors: true,
  label: '',
};

/**
 * The members of the line about arguments and result: what an event's redaction keeps of them, parsed and written anew,
 * so that every reader of the log sees the same.
 */
export function createContent(key: MacKey): (event: AuditEvent) => string {
  const mac = createMac(key);
  return ({ args, res, redaction = USUAL }) => {
    const { arguments: argsMode, results: resMode } = redaction;
    let text = '';
    if (args !== undefined) {
      const value: unknown = JSON.parse(args.toString());
      text += `,"args_n":${Object.keys(value ?? {}).length}`;
      const kept = () => boundedJson(value, { bytesMax: ARGS_BYTES_MAX, masking: maskingOf(argsMode, redaction) });
      text += encode('args', { raw: args, mode: argsMode }, kept);
    }
    if (res !== undefined) {
      const kept = () => keepResult(res, maskingOf(resMode, redaction));
      text += encode('res', { raw: res, mode: resMode }, kept);
    }
    const hashed = (args !== undefined && argsMode !== 'none') || (res !== undefined && resMode !== 'none');
    return hashed ? `${text},"kid":"${key.kid}"` : text;
  };

  function encode(name: 'args' | 'res', { raw, mode }: Raw, keep: () => BoundedJson): string {
    const head = `,"${name}_mode":"${mode}","${name}_bytes":${raw.length}`;
    if (mode === 'none') return head;
    const hashed = `${head},"${name}_mac":"${mac(raw)}"`;
    if (mode === 'hash') return hashed;
    const { text, masked } = keep();
    return `${hashed},"${name}":${text}${masked.length === 0 ? '' : `,"${name}_red":[${masked.map(quoted)}]`}`;
  }
}

interface Raw {
  /** As it came. */
  readonly raw: Buffer;
  readonly mode: ContentMode;
}

function maskingOf(mode: ContentMode, masking: Masking): Masking | null {
  return mode === 'redact' ? masking : null;
}

function keepResult(raw: Buffer, masking: Masking | null): BoundedJson {
  if (raw.length > RES_PARSED_BYTES_MAX) return TOO_LARGE;
  return boundedJson(JSON.parse(raw.toString()), { bytesMax: RES_BYTES_MAX, masking });
}
