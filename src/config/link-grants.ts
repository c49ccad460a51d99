import type { Grant } from './configuration.ts';
import type { Findings } from './findings.ts';
import { type EntryContext, linkListed, type PolicyContext, unknown } from './known.ts';
import { linkMoment } from './moment.ts';
import type { Path } from './parse.ts';
import type { Place } from './problem.ts';
import type { Shaped } from './shape.ts';
import { linkSubject } from './subject.ts';
import type { WrittenGrant } from './written.ts';

export function linkGrants(files: readonly Shaped[], context: PolicyContext): readonly Grant[] {
  const grants = linkListed(files, { section: 'grants', ...context }, (grant, index, file) =>
    linkGrant(grant, ['grants', index], { ...context, ...file }),
  );
  refuseRepeated(grants, context.findings);
  return grants;
}

function linkGrant(grant: WrittenGrant, path: Path, context: EntryContext): Grant {
  const { source, findings, known, now } = context;
  const starts = linkMoment(grant.starts, [...path, 'starts'], context);
  const expires = linkMoment(grant.expires, [...path, 'expires'], context);
  if (starts !== null && expires !== null && expires <= starts) {
    findings.error('GH058', source.at([...path, 'expires']), 'expected expires after starts, found it before');
  } else if (expires !== null && expires <= now) {
    findings.warning('GH072', source.at([...path, 'expires']), {
      message: 'the grant has expired and gives nothing',
      hint: 'remove it',
    });
  }
  for (const [index, role] of grant.roles.entries()) {
    if (known.roles?.has(role) === false) {
      findings.error('GH050', source.at([...path, 'roles', index]), unknown('role', role, known.roles));
    }
  }
  return {
    to: linkSubject(grant.to, source.at([...path, 'to']), context),
    roles: grant.roles,
    starts,
    expires,
    why: grant.why ?? '',
    ticket: grant.ticket ?? '',
    environments: grant.environments ?? [],
    at: source.at(path),
  };
}

/** The same grant twice is a merge gone wrong: removing one of them would change nothing. */
function refuseRepeated(grants: readonly Grant[], findings: Findings): void {
  const seen = new Map<string, Place>();
  for (const { to, roles, starts, expires, environments, at } of grants) {
    for (const role of roles) {
      const key = JSON.stringify([to, role, starts, expires, [...environments].sort()]);
      const first = seen.get(key);
      if (first !== undefined) {
        findings.error(
          'GH056',
          at,
          `found the role ${role} granted a second time; the first is in ${first.file}:${first.line}`,
        );
      }
      seen.set(key, first ?? at);
    }
  }
}
