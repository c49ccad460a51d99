import type { Identity } from '../identity/identity.ts';
import type { Access, CompiledGrant, Profile, Rights, Window } from './compile.ts';

/** Profiles kept at a time; past this many they are all made anew when asked for. */
const profilesMax = 20_000;

/** What `identity` may do at `at` (epoch milliseconds), so that work done for one can be kept for all with equal keys. */
export function rightsOf(access: Access, identity: Identity, at: number): Rights {
  return windowOf(access, identity, at).rights;
}

/** Whether any active rule of theirs is about this server: what decides if its name may be mentioned to them. */
export function mayReach(access: Access, { who, server, at }: { who: Identity; server: string; at: number }): boolean {
  return windowOf(access, who, at).active.some(({ roles }) =>
    roles.some(({ byServer, anywhere }) => (byServer.get(server) ?? anywhere).length > 0),
  );
}

/** The identity's grants as they stand at `at`. */
export function windowOf(access: Access, identity: Identity, at: number): Window {
  const profile = access.memory.ofIdentity.get(identity) ?? profileOf(access, identity);
  const known = profile.window;
  if (known !== null && at >= known.from && at < known.to) return known;
  profile.window = openWindow(profile.grants, at);
  return profile.window;
}

function profileOf(access: Access, identity: Identity): Profile {
  const { memory } = access;
  const positions = positionsOf(access, identity);
  const key = positions.join();
  let profile = memory.profiles.get(key);
  if (profile === undefined) {
    if (memory.profiles.size >= profilesMax) memory.profiles.clear();
    profile = { grants: positions.flatMap((position) => access.grants[position] ?? []), window: null };
    memory.profiles.set(key, profile);
  }
  memory.ofIdentity.set(identity, profile);
  return profile;
}

/** `everyone` is every identified caller, robots included. A robot is nobody's user and in no group. */
function positionsOf({ subjects }: Access, who: Identity): readonly number[] {
  const names =
    who.kind === 'robot'
      ? [`robot:${who.subject}`]
      : [`user:${who.user}`, ...who.claims.map((claim) => `claim:${claim}`)];
  const positions = ['everyone', ...names].flatMap((name) => subjects.get(name) ?? []);
  return [...new Set(positions)].sort((a, b) => a - b);
}

function openWindow(grants: readonly CompiledGrant[], at: number): Window {
  const dates = grants.flatMap(({ starts, expires }) => [starts, expires]);
  const to = Math.min(Number.POSITIVE_INFINITY, ...dates.filter((date) => date > at));
  const active = grants.filter(({ starts, expires }) => at >= starts && at < expires);
  return {
    from: Math.max(Number.NEGATIVE_INFINITY, ...dates.filter((date) => date <= at)),
    to,
    rights: { key: keyOf(active, to), until: to === Number.POSITIVE_INFINITY ? null : to },
    active,
    expired: grants.filter(({ expires }) => at >= expires),
    coming: grants.filter(({ starts }) => at < starts),
    verdicts: new Map(),
  };
}

/** Names hold no space, so the roles and the date can be read back from the key. */
function keyOf(active: readonly CompiledGrant[], to: number): string {
  const roles = new Set(active.flatMap((grant) => grant.roles.map(({ name }) => name)));
  return [...[...roles].sort(), to].join(' ');
}
