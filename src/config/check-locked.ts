import type { GatewaySettings, Policy, Rule, Server, ServerLock, Target, ToolClass } from './configuration.ts';
import type { Findings, Words } from './findings.ts';
import { isGlob, type LockedReach, reachOfVerb } from './locked-reach.ts';
import { clip } from './parse.ts';
import { suggest } from './suggest.ts';

export interface LockedParts {
  readonly servers: Iterable<Server>;
  readonly policy: Policy;
  readonly locks: ReadonlyMap<string, ServerLock>;
  readonly reach: LockedReach;
  readonly findings: Findings;
}

/** Says where the lock makes servers or rules pointless: an error under `strict`, where what is not locked is not served. */
export function checkLocked({ lock: mode }: GatewaySettings, parts: LockedParts): void {
  if (mode === 'off') return;
  if (mode === 'strict') warnOfUnlocked(parts);
  const { policy, findings } = parts;
  const tell = mode === 'strict' ? findings.error : findings.warning;
  for (const [target, words] of [...pointlessRules(policy, parts), ...pointlessGuardrails(policy, parts)]) {
    tell('GH106', target.at, words);
  }
}

function warnOfUnlocked({ servers, locks, findings }: LockedParts): void {
  for (const { name, at } of servers) {
    if (locks.has(name)) continue;
    findings.warning('GH105', at, {
      message: `expected a lock for ${name}, because gateway.lock is strict; without one its tools are hidden`,
      hint: `gatehouse lock ${name} writes it`,
    });
  }
}

type Pointless = readonly [target: Target, words: Words];

function pointlessRules({ roles }: Policy, parts: LockedParts): readonly Pointless[] {
  const rules = [...roles.values()].flatMap((role) => role.rules);
  return rules.flatMap(({ verb, targets }) =>
    targets.flatMap((target): readonly Pointless[] => {
      const words = pointlessTarget(verb, target, parts);
      return words === null ? [] : [[target, words]];
    }),
  );
}

/** Only names: what a guardrail's glob would take away may come yet, and it is there for that day. */
function pointlessGuardrails({ guardrails }: Policy, { locks, reach }: LockedParts): readonly Pointless[] {
  const targets = [...guardrails.values()].flatMap((guardrail) => guardrail.targets);
  return targets.flatMap((target): readonly Pointless[] => {
    const mayMatch = isGlob(target.tool) || reach.unlocked(target) !== null || isReached(target, reach);
    const words = mayMatch ? null : noSuchTool(target, locks);
    return words === null ? [] : [[target, words]];
  });
}

/** Why a rule's target matches nothing that its verb reaches; null when it does, or something of it is not locked. */
function pointlessTarget(verb: Rule['verb'], target: Target, { locks, reach }: LockedParts): Words | null {
  if (reach.unlocked(target) !== null) return null;
  const classes = new Set<ToolClass>();
  for (const { class: toolClass } of reach.toolsOf(target)) {
    if (reachOfVerb[verb].includes(toolClass)) return null;
    classes.add(toolClass);
  }
  if (classes.size === 0) return noSuchTool(target, locks);
  const found = clip(`${target.server}/${target.tool}`);
  return {
    message: `expected a tool that ${verb} reaches, found ${found}, which is ${[...classes].join(' or ')}`,
    hint: classes.has('write')
      ? 'use write, if the rule is meant for it'
      : 'use any, and name it, if the rule is meant for it',
  };
}

function noSuchTool({ server, tool }: Target, locks: LockedParts['locks']): Words | null {
  const names = server === '*' ? [] : locks.get(server)?.tools.keys();
  if (names === undefined || locks.size === 0) return null;
  const list = server === '*' ? 'some lock' : `the lock of ${server}`;
  const message = `expected a tool that ${list} lists, found ${clip(tool)}`;
  return { message, hint: suggest(tool, names) };
}

function isReached(target: Target, reach: LockedReach): boolean {
  for (const _ of reach.toolsOf(target)) return true;
  return false;
}
