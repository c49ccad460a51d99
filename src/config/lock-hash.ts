import { hash } from 'node:crypto';

/** Hex SHA-256 of a tool definition as `LockedTool.sha256` holds it: the same for any order of members and any spacing. */
export function lockHash(definition: unknown): string {
  return hashCanonical(canonicalJson(definition));
}

/** The same of a definition's canonical JSON. */
export function hashCanonical(text: string): string {
  return hash('sha256', `gatehouse-tool-v1\0${text}`);
}

/**
 * Parsed JSON as the one text that means it (RFC 8785): members sorted by UTF-16 code units, no spaces. Numbers are
 * doubles, so two that differ beyond their precision are the same, and one too large for them is null.
 */
export function canonicalJson(value: unknown): string {
  return sortedJson(value) ?? sortAndWrite(value);
}

/** The canonical text of a value whose members are sorted already, as a lock's are; else null. Several times as fast. */
export function sortedJson(value: unknown): string | null {
  return isSorted(value) ? JSON.stringify(value) : null;
}

function isSorted(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (Array.isArray(value)) return value.every(isSorted);
  const members = value as Readonly<Record<string, unknown>>;
  return Object.keys(members).every((key, index, keys) => (keys[index - 1] ?? '') <= key && isSorted(members[key]));
}

function sortAndWrite(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(sortAndWrite)}]`;
  const members = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return `{${members.map(([key, inner]) => `${JSON.stringify(key)}:${sortAndWrite(inner)}`)}}`;
}
