import { mayReach } from '../access/rights.ts';
import type { Snapshot } from '../access/snapshot.ts';
import type { CatalogView } from '../catalog/tool.ts';
import type { Identity } from '../identity/identity.ts';

/** Clients cut server instructions at 2 KB; what matters most comes first. */
const bytesMax = 2_000;

/**
 * What a client is told about this gateway: the servers this caller has rights on, what they are for, and which of
 * them cannot be reached. Servers without any right are not mentioned: their existence is none of the caller's business.
 */
export function instructionsFor(who: Identity, on: { snapshot: Snapshot; view: CatalogView; at: number }): string {
  const { configuration, access } = on.snapshot;
  const mine = on.view.servers.filter(({ server }) => mayReach(access, { who, server, at: on.at }));
  if (mine.length === 0) return `${configuration.gateway.name}: no tools are granted to you here yet.`;
  const lines = [
    `${configuration.gateway.name} gives access to ${mine.length} MCP ${mine.length === 1 ? 'server' : 'servers'}.`,
  ];
  for (const { server, state } of mine.filter((one) => one.state !== 'ready')) {
    const meaning = state === 'stale' ? 'calls may fail' : 'its tools are not listed';
    lines.push(`Not available at the moment: ${server} (${meaning}).`);
  }
  for (const { server } of mine) {
    const known = configuration.servers.get(server);
    const names = known?.prefix ? `tools named ${known.prefix}_*` : 'tools under their own names';
    lines.push(`- ${server}: ${known?.description ? `${known.description}; ` : ''}${names}`);
  }
  return cut(lines.join('\n'));
}

function cut(text: string): string {
  return Buffer.byteLength(text) <= bytesMax
    ? text
    : `${Buffer.from(text)
        .subarray(0, bytesMax - 4)
        .toString()
        .replace(/\uFFFD$/, '')}…`;
}
