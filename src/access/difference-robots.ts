import type { Identity } from '../identity/identity.ts';
import { type Held, keyOfHeld } from './difference-ask.ts';
import { compareHeld, type HeldChange } from './difference-held.ts';
import { identityOf } from './explain-caller.ts';

/** Robots to whom the same happens. */
export interface AffectedRobots extends Held, HeldChange {
  readonly names: readonly string[];
  /** One of them. */
  readonly who: Identity;
}

/** The robots to whom something happens, those to whom the same does together. */
export function affectedRobots(names: readonly string[], ask: (who: Identity) => Held): readonly AffectedRobots[] {
  const alike = new Map<string, AffectedRobots & { readonly names: string[] }>();
  for (const name of names) {
    const who = identityOf({ kind: 'robot', name });
    const held = ask(who);
    const change = compareHeld(held.before, held.after);
    if (change === null) continue;
    const known = alike.get(keyOfHeld(held));
    if (known === undefined) alike.set(keyOfHeld(held), { names: [name], who, ...held, ...change });
    else known.names.push(name);
  }
  return [...alike.values()];
}
