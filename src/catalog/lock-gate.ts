import type { Configuration, Server } from '../config/configuration.ts';
import { type LockRule, type Passed, passLock, type ToolDrift } from './pass-lock.ts';
import type { DiscoveredTool } from './tool.ts';

/** Stands between what servers offer and what is served, and tells of each drift once. */
export interface LockGate {
  /** Follows a new configuration. */
  apply(configuration: Configuration): void;
  pass(server: Server, offered: readonly DiscoveredTool[]): Passed;
}

export interface LockGateParts {
  /** Whether the registry itself says which class a tool has. */
  readonly isOverridden: (server: Server, tool: string) => boolean;
  /**
   * Hears of tools that are not as they were reviewed, once a change; of new tools also, save where a server has no
   * lock at all and none is demanded.
   */
  readonly drifted: (server: string, drift: readonly ToolDrift[]) => void;
}

interface Seen {
  readonly offered: readonly DiscoveredTool[];
  readonly passed: Passed;
  readonly told: ReadonlySet<string>;
}

export function createLockGate({ isOverridden, drifted }: LockGateParts): LockGate {
  let rules: Pick<Configuration, 'gateway' | 'locks'> | null = null;
  let seen = new Map<string, Seen>();
  /** What was last told of each server, which outlives the rules it was judged by. */
  let heard: ReadonlyMap<string, Seen> = seen;

  return {
    apply(configuration) {
      rules = configuration;
      heard = new Map([...heard, ...seen].filter(([server]) => configuration.servers.has(server)));
      seen = new Map();
    },
    pass(server, offered) {
      const known = seen.get(server.name);
      if (known?.offered === offered) return known.passed;
      const rule = ruleFor(server);
      const passed = passLock(rule, offered);
      const before = (known ?? heard.get(server.name))?.told;
      const telling = rule.lock !== null || rule.mode === 'strict' ? passed.drift : [];
      seen.set(server.name, { offered, passed, told: new Set(telling.map(keyOf)) });
      const fresh = telling.filter((drift) => before?.has(keyOf(drift)) !== true);
      if (fresh.length > 0) drifted(server.name, fresh);
      return passed;
    },
  };

  function ruleFor(server: Server): LockRule {
    return {
      mode: rules?.gateway.lock ?? 'off',
      lock: rules?.locks.get(server.name) ?? null,
      isOverridden: (tool) => isOverridden(server, tool),
    };
  }
}

function keyOf({ tool, kind, sha256 }: ToolDrift): string {
  return `${kind} ${sha256} ${tool}`;
}
