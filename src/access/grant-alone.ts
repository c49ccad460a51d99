import type { Grant } from '../config/configuration.ts';
import { type Access, blankMemory, compile } from './compile.ts';
import type { World } from './explain-world.ts';

/**
 * The policy without guardrails as if one grant alone were given, to everyone, and changed as told: the rest of the
 * question stays as it is asked. Compiled once for all grants.
 */
export function grantsAlone({ configuration }: World, change: Partial<Grant>): (grant: Grant) => Access {
  const { policy } = configuration;
  const grants = policy.grants.map((grant): Grant => ({ ...grant, ...change }));
  const access = compile({ ...configuration, policy: { ...policy, grants, guardrails: new Map() } });
  const positions = new Map(access.grants.map(({ at }, position) => [at, position]));
  return ({ at }) => {
    const position = positions.get(at);
    return {
      ...access,
      granted: new Map([['everyone', position === undefined ? [] : [position]]]),
      memory: blankMemory(),
    };
  };
}
