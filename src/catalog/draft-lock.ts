import type { LockedTool, ToolClass } from '../config/configuration.ts';
import { canonicalJson } from '../config/lock-hash.ts';
import type { Difference, Grade } from './difference.ts';
import { judge, type LockRule } from './pass-lock.ts';
import { suspicionsIn, textsIn } from './suspicion.ts';
import type { DiscoveredTool } from './tool.ts';
import { escapeUnseen } from './unseen.ts';

/** What a server's lock would be now, and how it differs from the one that is there. */
export interface LockDraft {
  /** Sorted by name. */
  readonly tools: readonly LockedTool[];
  /** Sorted by name; empty when the lock may stay as it is. */
  readonly changes: readonly LockChange[];
}

export interface LockChange {
  readonly tool: string;
  readonly change: 'added' | 'removed' | 'changed';
  /** The class in the draft; of a removed tool, in the lock. */
  readonly class: ToolClass;
  /** Of the most severe difference; null for a tool that came or went. */
  readonly grade: Grade | null;
  /** Most severe first. */
  readonly differences: readonly Difference[];
  /** What the whole text of an added tool looks like. */
  readonly suspicions: readonly ('unseen' | 'instruction')[];
}

/** A reviewed class is kept while its tool is unchanged, and never becomes milder by itself. */
export function draftLock(rule: Omit<LockRule, 'mode'>, offered: readonly DiscoveredTool[]): LockDraft {
  const drafts = offered.map((tool) => draftTool(rule, tool));
  const names = new Set(offered.map(({ name }) => name));
  const removed = [...(rule.lock?.tools.values() ?? [])].filter(({ name }) => !names.has(name));
  return {
    tools: drafts.map(({ locked }) => locked).sort((one, other) => compare(one.name, other.name)),
    changes: [...drafts.flatMap(({ change }) => change ?? []), ...removed.map(removal)].sort((one, other) =>
      compare(one.tool, other.tool),
    ),
  };
}

/** The file: definitions with sorted members, so that it changes only with what a server says, never with how. */
export function lockText(server: string, tools: readonly LockedTool[]): string {
  const written = tools.map(({ name, class: toolClass, sha256, definition }) => {
    return { name, class: toolClass, sha256, definition: JSON.parse(canonicalJson(definition)) };
  });
  return `${escapeUnseen(JSON.stringify({ apiVersion: 'gatehouse/v1', server, tools: written }, null, 2))}\n`;
}

interface ToolDraft {
  readonly locked: LockedTool;
  readonly change: LockChange | null;
}

function draftTool(rule: Omit<LockRule, 'mode'>, tool: DiscoveredTool): ToolDraft {
  const { name, sha256 } = tool;
  const { drift, class: now } = judge(tool, rule);
  const definition = tool.parsed();
  const reviewed = rule.lock?.tools.get(name)?.class ?? now;
  if (drift?.kind === 'same') return { locked: { name, class: reviewed, sha256, definition }, change: null };
  const locked = { name, class: now, sha256, definition };
  const change = { tool: name, class: now, suspicions: [] };
  if (drift !== null) {
    const { grade, differences } = drift;
    return { locked, change: { ...change, change: 'changed', grade, differences } };
  }
  const suspicions = suspicionsIn('', textsIn(definition)).filter((suspicion) => suspicion !== 'url');
  return { locked, change: { ...change, change: 'added', grade: null, differences: [], suspicions } };
}

function removal({ name, class: toolClass }: LockedTool): LockChange {
  return { tool: name, change: 'removed', class: toolClass, grade: null, differences: [], suspicions: [] };
}

/** By code units, which unlike a locale's order is the same everywhere. */
function compare(one: string, other: string): number {
  return one < other ? -1 : Number(one > other);
}
