import { createHash } from 'node:crypto';

/** Hex SHA-256 of a tool definition as `LockedTool.sha256` holds it: the same for any order of members and any spacing. */
export function lockHash(definition: unknown): string {
  return createHash('sha256').update('gatehouse-tool-v1\0').update(canonicalJson(definition)).digest('hex');
}

/**
 * Parsed JSON as the one text that means it (RFC 8785): members sorted by UTF-16 code units, no spaces. Numbers are
 * doubles, so two that differ beyond their precision are the same, and one too large for them is null.
 */
export function canonicalJson(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson)}]`;
  const members = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return `{${members.map(([key, inner]) => `${JSON.stringify(key)}:${canonicalJson(inner)}`)}}`;
}
