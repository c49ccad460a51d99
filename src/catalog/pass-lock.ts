import type { GatewaySettings, LockedTool, ServerLock, ToolClass } from '../config/configuration.ts';
import type { Difference, Grade } from './difference.ts';
import { compareTool, type Drift } from './drift.ts';
import type { DiscoveredTool } from './tool.ts';

/** What is asked of one server's tools. */
export interface LockRule {
  readonly mode: GatewaySettings['lock'];
  /** Null where nothing was ever reviewed. */
  readonly lock: ServerLock | null;
  /** Whether the registry itself says which class a tool has. */
  readonly isOverridden: (tool: string) => boolean;
}

/** A tool that is not in the lock, or not as it is there. */
export interface ToolDrift {
  readonly tool: string;
  readonly kind: 'unlisted' | 'changed';
  /** Null for a tool that was never reviewed. */
  readonly grade: Grade | null;
  /** Most severe first. */
  readonly differences: readonly Difference[];
  /** The class it is served with; when hidden, the one it would have. */
  readonly class: ToolClass;
  readonly hidden: boolean;
  /** As `DiscoveredTool.sha256`: another change is another drift. */
  readonly sha256: string;
}

export interface Passed {
  /** What may be listed and called, each with the class the lock gives it. */
  readonly tools: readonly DiscoveredTool[];
  readonly drift: readonly ToolDrift[];
}

/** Applies the lock to what a server offers. Only tools that drifted are hidden or judged anew; the others stand. */
export function passLock(rule: LockRule, offered: readonly DiscoveredTool[]): Passed {
  if (rule.mode === 'off') return { tools: offered, drift: [] };
  const hidden = rule.mode === 'strict';
  const judged = offered.map((tool) => ({ tool, ...judge(tool, rule) }));
  const served = judged.filter(({ drift }) => !hidden || drift?.kind === 'same');
  return {
    tools: served.map(({ tool, class: now }) => (tool.class === now ? tool : { ...tool, class: now })),
    drift: judged.flatMap(({ tool: { name, sha256 }, class: now, drift }): ToolDrift[] => {
      const seen = { tool: name, class: now, hidden, sha256 };
      if (drift === null) return [{ ...seen, kind: 'unlisted', grade: null, differences: [] }];
      return drift.kind === 'same' ? [] : [{ ...seen, ...drift }];
    }),
  };
}

export interface Judgement {
  /** Null when there is nothing to compare with. */
  readonly drift: Drift | null;
  readonly class: ToolClass;
}

/**
 * The registry's override goes before everything. Else a tool has the class it was reviewed with while it is as it was
 * reviewed; changed, the more severe of that and what its annotations say now; and without a review, the annotations'.
 */
export function judge(tool: DiscoveredTool, { lock, isOverridden }: Omit<LockRule, 'mode'>): Judgement {
  const locked: LockedTool | null = lock?.tools.get(tool.name) ?? null;
  if (locked === null) return { drift: null, class: tool.class };
  const overridden = isOverridden(tool.name);
  if (tool.sha256 === locked.sha256) return { drift: { kind: 'same' }, class: overridden ? tool.class : locked.class };
  const reviewed = overridden ? locked.class : moreSevere(tool.class, locked.class);
  const drift = compareTool(locked, { class: reviewed, sha256: tool.sha256, definition: tool.parsed() });
  return { drift, class: overridden ? tool.class : reviewed };
}

const severity: readonly ToolClass[] = ['read', 'write', 'destructive'];

function moreSevere(one: ToolClass, other: ToolClass): ToolClass {
  return severity.indexOf(one) > severity.indexOf(other) ? one : other;
}
