import type { Identity } from '../identity/identity.ts';
import type { Access, CompiledGrant, CompiledGuardrail, Profile, Rights, Window } from './compile.ts';
import { rulesFor } from './rule-book.ts';
import { positionsOf } from './subjects.ts';

/** Profiles kept at a time; past this many they are all made anew when asked for. */
const profilesMax = 20_000;

/** How many classes a guardrail without one denies. */
const allClasses = 3;

/** What `identity` may do at `at` (epoch milliseconds), so that work done for one can be kept for all with equal keys. */
export function rightsOf(access: Access, identity: Identity, at: number): Rights {
  return windowOf(access, identity, at).rights;
}

/**
 * Whether any active rule of theirs is about tools of this server and no guardrail takes all of these away: what decides
 * if its name may be mentioned to them.
 */
export function mayReach(access: Access, { who, server, at }: { who: Identity; server: string; at: number }): boolean {
  const { active, guardrails } = windowOf(access, who, at);
  const isClosed = guardrails.some(
    ({ tools, condition }) =>
      condition === null &&
      rulesFor(tools, server).some(({ name, classes }) => name === '*' && classes.length === allClasses),
  );
  return !isClosed && active.some(({ roles }) => roles.some(({ tools }) => rulesFor(tools, server).length > 0));
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
  const granted = positionsOf(access.granted, identity);
  const excepted = new Set(positionsOf(access.excepted, identity));
  const guarded = positionsOf(access.guarded, identity).filter((position) => !excepted.has(position));
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
