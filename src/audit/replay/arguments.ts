import { REDACTED } from '../record/redact.ts';

/** Why something of a call's arguments cannot be known from its record. */
export type Missing = 'not-recorded' | 'redacted' | 'cut';

/** The arguments of a call as far as its record holds them. */
export interface RecordedArguments {
  /** The arguments; whatever of them the record does not hold stands under a member that notices being read. */
  read(): unknown;
  /** What was first found missing by whoever has read; null when all that was read was there. */
  missing(): Missing | null;
}

/** Names are cut there when they are recorded, without a mark. */
const nameMax = 128;

/**
 * The arguments to decide on again. Some of them may have been masked or cut: whoever decides without reading these
 * decides as the gateway did. `kept` is what was recorded, undefined for nothing; `given` is how many there were, null
 * for a call without any.
 */
export function recordedArguments(kept: unknown, given: number | null): RecordedArguments {
  let missed: Missing | null = null;
  return { read, missing: () => missed };

  function read(): unknown {
    if (kept === undefined || kept === null) {
      if (given !== null) missed ??= 'not-recorded';
      return {};
    }
    missed ??= flawOf(kept);
    return watched(kept);
  }

  function watched(value: unknown): unknown {
    if (typeof value !== 'object' || value === null) return value;
    const copy: object = Array.isArray(value) ? [] : {};
    for (const [name, inside] of Object.entries(value)) {
      const flaw = flawOf(inside);
      const get = () => {
        missed ??= flaw;
        return inside;
      };
      Object.defineProperty(copy, name, {
        enumerable: true,
        ...(flaw === null ? { value: watched(inside) } : { get }),
      });
    }
    return copy;
  }
}

/** Why a value may not be what was sent; what is further inside is judged by itself. */
function flawOf(value: unknown): Missing | null {
  if (typeof value === 'string') return flawOfText(value);
  if (typeof value !== 'object' || value === null) return null;
  // Of a list or an object that was cut nobody knows what else it held.
  if (Array.isArray(value)) return value.includes('[cut]') ? 'cut' : null;
  const isCut = Object.keys(value).some((name) => name === '…' || name.length >= nameMax || name.includes('\ufffd'));
  return isCut ? 'cut' : null;
}

function flawOfText(text: string): Missing | null {
  if (text.includes(REDACTED)) return 'redacted';
  return text === '[cut]' || text === '[too deep]' || text.endsWith('…') || text.includes('\ufffd') ? 'cut' : null;
}
