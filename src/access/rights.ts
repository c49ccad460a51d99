import type { Identity } from '../identity/identity.ts';
import {
  type Access,
  type CompiledGrant,
  type CompiledGuardrail,
  type Positions,
  type Profile,
  type Rights,
  rulesFor,
  type Window,
} from './compile.ts';

/** Profiles kept at a time; past this many they are all made anew when asked for. */
const profilesMax = 20_000;

/** How many classes a guardrail without one denies. */
const allClasses = 3;

/** What `identity` may do at `at` (epoch milliseconds), so that work done for one can be kept for all with equal keys. */
export function rightsOf(access: Access, identity: Identity, at: number): Rights {
  return windowOf(access, identity, at).rights;
}

/**
 * Whether any active rule of theirs is about this server and no guardrail takes the whole server away: what decides if
 * its name may be mentioned to them.
 */
export function mayReach(access: Access, { who, server, at }: { who: Identity; server: string; at: number }): boolean {
  const { active, guardrails } = windowOf(access, who, at);
  const isClosed = guardrails.some((guardrail) =>
    rulesFor(guardrail, server).some(({ tool, classes }) => tool === '*' && classes.length === allClasses),
  );
  return !isClosed && active.some(({ roles }) => roles.some((role) => rulesFor(role, server).length > 0));
}

/** The identity's grants as they stand at `at`. */
export function windowOf(access: Access, identity: Identity, at: number): Window {
  const profile = access.memory.ofIdentity.get(identity) ?? profileOf(access, identity);
  const known = profile.window;
  if (known !== null && at >= known.from && at < known.to) return known;
  profile.window = openWindow(profile, at);
  return profile.window;
}

function profileOf(access: Access, identity: Identity): Profile {
  const { memory } = access;
  const names = namesOf(identity);
  const granted = positionsOf(access.granted, names);
  const excepted = new Set(positionsOf(access.excepted, names));
  const guarded = positionsOf(access.guarded, names).filter((position) => !excepted.has(position));
  const key = `${granted.join()} ${guarded.join()}`;
  let profile = memory.profiles.get(key);
  if (profile === undefined) {
    if (memory.profiles.size >= profilesMax) memory.profiles.clear();
    profile = {
      grants: granted.flatMap((position) => access.grants[position] ?? []),
      guardrails: guarded.flatMap((position) => access.guardrails[position] ?? []),
      window: null,
    };
    memory.profiles.set(key, profile);
  }
  memory.ofIdentity.set(identity, profile);
  return profile;
}

/** `everyone` is every identified caller, robots included. A robot is nobody's user and in no group. */
function namesOf(who: Identity): readonly string[] {
  if (who.kind === 'robot') return ['everyone', 'robots', `robot:${who.subject}`];
  return ['everyone', 'users', `user:${who.user}`, ...who.claims.map((claim) => `claim:${claim}`)];
}

function positionsOf(positions: Positions, names: readonly string[]): readonly number[] {
  const found = names.flatMap((name) => positions.get(name) ?? []);
  return [...new Set(found)].sort((a, b) => a - b);
}

function openWindow({ grants, guardrails }: Profile, at: number): Window {
  const dates = grants.flatMap(({ starts, expires }) => [starts, expires]);
  const to = Math.min(Number.POSITIVE_INFINITY, ...dates.filter((date) => date > at));
  const active = grants.filter(({ starts, expires }) => at >= starts && at < expires);
  return {
    from: Math.max(Number.NEGATIVE_INFINITY, ...dates.filter((date) => date <= at)),
    to,
    rights: { key: keyOf(active, guardrails, to), until: to === Number.POSITIVE_INFINITY ? null : to },
    active,
    expired: grants.filter(({ expires }) => at >= expires),
    coming: grants.filter(({ starts }) => at < starts),
    guardrails,
    verdicts: new Map(),
  };
}

/** Names hold neither space nor `!`, so the roles, the guardrails and the date can be read back from the key. */
function keyOf(active: readonly CompiledGrant[], guardrails: readonly CompiledGuardrail[], to: number): string {
  const roles = new Set(active.flatMap((grant) => grant.roles.map(({ name }) => name)));
  return [...[...roles].sort(), ...guardrails.map(({ name }) => `!${name}`), to].join(' ');
}
