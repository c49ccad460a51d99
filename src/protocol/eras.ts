/** The only file that compares protocol versions. */

/** Legacy: 2024-11-05 to 2025-11-25, with a handshake and sessions. Modern: 2026-07-28, every request by itself. */
export type Era = 'legacy' | 'modern';

export const modernVersion = '2026-07-28';

/** Newest first: an unknown version asked for in `initialize` is answered with the first. */
const legacyVersions: readonly string[] = ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05'];

export const latestLegacyVersion = '2025-11-25';

export function eraOf(version: string): Era | null {
  if (version === modernVersion) return 'modern';
  return legacyVersions.includes(version) ? 'legacy' : null;
}

/** Versions are dates, so a later one sorts after: a date after every legacy version names the modern era. */
export function namesModernEra(version: string): boolean {
  return /^\d{4}-\d{2}-\d{2}$/.test(version) && version > latestLegacyVersion;
}

/** The version `initialize` answers with: the one asked for if known, else our latest legacy one. */
export function negotiate(requested: string): string {
  return legacyVersions.includes(requested) ? requested : latestLegacyVersion;
}

/** Request metadata of the modern era (MCP 2026-07-28, basic/versioning). */
export const metaKeys = {
  protocolVersion: 'io.modelcontextprotocol/protocolVersion',
  clientCapabilities: 'io.modelcontextprotocol/clientCapabilities',
  clientInfo: 'io.modelcontextprotocol/clientInfo',
  logLevel: 'io.modelcontextprotocol/logLevel',
  serverInfo: 'io.modelcontextprotocol/serverInfo',
  subscriptionId: 'io.modelcontextprotocol/subscriptionId',
} as const;
