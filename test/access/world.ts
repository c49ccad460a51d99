import { type World, worldOf } from '../../src/access/explain-world.ts';
import type { Configuration, Policy, Robot, Target, ToolClass } from '../../src/config/configuration.ts';
import { gateway, place, server } from './policy.ts';

type Locks = Readonly<Record<string, Readonly<Record<string, ToolClass>>>>;

/** A policy over locked tools: `worldFrom(policy, { db: { drop: 'destructive' } })`; `free` is a server without a lock. */
export function worldFrom(policy: Policy, tools: Locks): World {
  const locks = Object.entries(tools).map(([name, classes]) => {
    const locked = Object.entries(classes).map(
      ([tool, toolClass]) => [tool, { name: tool, class: toolClass, sha256: '', definition: {} }] as const,
    );
    return [name, { server: name, tools: new Map(locked), at: place(1) }] as const;
  });
  const servers = [...Object.keys(tools).map((name) => server({}, name)), server({ write: ['put'] }, 'free')];
  const named = new Map(servers.map((each) => [each.name, each]));
  // Nothing else of a configuration is looked at.
  return worldOf({ gateway, policy, servers: named, locks: new Map(locks) } as unknown as Configuration);
}

export function robots(...names: readonly string[]): ReadonlyMap<string, Robot> {
  return new Map(names.map((name) => [name, { name, owner: 'me', keys: [], oidc: null, at: place(1) }]));
}

/** `target('db/drop')` */
export function glob(text: string): Target {
  const [name = '', tool = ''] = text.split('/');
  return { server: name, tool, at: place(1) };
}
