import type { Server } from '../config/configuration.ts';
import type { Classify } from './definition.ts';
import type { ContactState, DiscoveredTool } from './tool.ts';

/** What is known of one server's tools, and since when it is or is not there. */
export interface Contact {
  server(): Server;
  /** Its tools as it last told them; null when it never has. */
  known(): readonly DiscoveredTool[] | null;
  state(): ContactState;
  /** The same server written otherwise; `changed` is not called. */
  follow(server: Server): void;
  told(tools: readonly DiscoveredTool[]): void;
  /** Its definitions stand, marked stale. */
  lost(reason: string): void;
}

export interface ContactParts {
  readonly server: Server;
  /** What the same server told when it was reached otherwise; null when it never has. */
  readonly known: readonly DiscoveredTool[] | null;
  readonly classify: Classify;
  readonly now: () => number;
  /** After every answer or loss that made a difference. */
  readonly changed: () => void;
}

export function createContact(parts: ContactParts): Contact {
  const { name } = parts.server;
  let { server } = parts;
  let known: readonly DiscoveredTool[] | null = parts.known?.map(classified) ?? null;
  let state: ContactState = {
    server: name,
    state: 'pending',
    reason: '',
    since: parts.now(),
    tools: known?.length ?? 0,
  };

  return {
    server: () => server,
    known: () => known,
    state: () => state,
    follow(next) {
      server = next;
      known = known?.map(classified) ?? null;
    },
    told: (tools) => become('ready', '', tools.map(classified)),
    lost: (reason) => become(known === null ? 'absent' : 'stale', reason, known),
  };

  /** By the registry as it is now, which may be another than when the server was asked. */
  function classified(tool: DiscoveredTool): DiscoveredTool {
    return { ...tool, class: parts.classify(server, tool) };
  }

  function become(next: ContactState['state'], reason: string, told: readonly DiscoveredTool[] | null): void {
    if (next === state.state && reason === state.reason && isSame(told ?? [], known ?? [])) return;
    known = told;
    const since = next === state.state ? state.since : parts.now();
    state = { server: name, state: next, reason, since, tools: known?.length ?? 0 };
    parts.changed();
  }
}

function isSame(one: readonly DiscoveredTool[], other: readonly DiscoveredTool[]): boolean {
  return one.length === other.length && one.every(({ hash }, index) => hash === other[index]?.hash);
}
