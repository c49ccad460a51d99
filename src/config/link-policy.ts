import type { Group, Policy, Robot, RobotKey } from './configuration.ts';
import { type EntryContext, linkNamed, type PolicyContext, unknown } from './known.ts';
import type { ConditionContext } from './link-condition.ts';
import { linkGrants } from './link-grants.ts';
import { linkGuardrail } from './link-guardrails.ts';
import { linkRevoked } from './link-revoked.ts';
import { linkRoles } from './link-roles.ts';
import { list } from './link-servers.ts';
import { linkMoment } from './moment.ts';
import { clip, type Path } from './parse.ts';
import type { Shaped } from './shape.ts';
import type { WrittenGroup, WrittenRobot } from './written.ts';

/** Links what the schema accepted in every file and reports what does not hold together. */
export function linkPolicy(files: readonly Shaped[], context: PolicyContext & ConditionContext): Policy {
  const groups = byName(
    linkNamed(files, 'groups', (name, group, file) => linkGroup(name, group, { ...context, ...file })),
  );
  const robots = linkNamed(files, 'robots', (name, robot, file) => linkRobot(name, robot, { ...context, ...file }));
  const guardrails = linkNamed(files, 'guardrails', (name, guardrail, file) =>
    linkGuardrail(name, guardrail, { ...context, ...file, groups }),
  );
  const keys = context.known.robots && new Set(robots.flatMap((robot) => robot.keys.map(({ id }) => id)));
  return {
    groups,
    roles: byName(linkRoles(files, context)),
    robots: byName(robots),
    grants: linkGrants(files, context),
    guardrails: byName(guardrails),
    revoked: linkRevoked(files, keys, context),
  };
}

function byName<T extends { readonly name: string }>(entries: readonly T[]): ReadonlyMap<string, T> {
  return new Map(entries.map((entry) => [entry.name, entry]));
}

function linkGroup(name: string, { claim, members = [] }: WrittenGroup, { source, findings }: EntryContext): Group {
  for (const [index, member] of members.entries()) {
    if (!member.startsWith('user:')) continue;
    findings.error('GH054', source.at(['groups', name, 'members', index]), {
      message: `members are users; expected ${clip(member.slice('user:'.length))}, found ${clip(member)}`,
      hint: 'leave out user:',
    });
  }
  return { name, claims: list(claim), members, at: source.key(['groups', name]) };
}

function linkRobot(name: string, { owner, keys = [], oidc }: WrittenRobot, context: EntryContext): Robot {
  const { source, findings, known, now } = context;
  const at = source.key(['robots', name]);
  if (oidc !== undefined && known.issuers?.has(oidc.issuer) === false) {
    const words = unknown('issuer of identity.issuers', oidc.issuer, known.issuers);
    findings.error('GH066', source.at(['robots', name, 'oidc', 'issuer']), words);
  }
  const linked = keys.map(({ id, sha256, expires }, index): RobotKey => {
    const path: Path = ['robots', name, 'keys', index];
    const end = linkMoment(expires, [...path, 'expires'], context);
    if (end !== null && end <= now) {
      findings.warning('GH071', source.at([...path, 'expires']), `the key ${id} has expired and is refused`);
    }
    return { id, sha256, expires: end, at: source.key(path) };
  });
  return { name, owner, keys: linked, oidc: oidc ?? null, at };
}
