import type { Grant, Group, Policy, Robot, RobotKey, Role, Rule, Subject, Target } from './configuration.ts';
import type { Findings } from './findings.ts';
import { list } from './link-servers.ts';
import { parseMoment } from './moment.ts';
import { clip, type Path, type Source } from './parse.ts';
import type { Place } from './problem.ts';
import type { Shaped } from './shape.ts';
import { suggest } from './suggest.ts';
import type { WrittenGrant, WrittenGroup, WrittenPolicy, WrittenRobot, WrittenRole } from './written.ts';

/** Sections whose entries have names, unique over all files. */
type NamedSection = 'groups' | 'roles' | 'robots';

/** Where each name is defined first. */
type Names = ReadonlyMap<string, Place>;

/** Words that exist. */
type Known = Names | ReadonlySet<string>;

export interface PolicyContext {
  readonly findings: Findings;
  /** What rules and grants may refer to; null when a broken file may define more, and nothing is called unknown. */
  readonly known: Readonly<Record<NamedSection | 'servers' | 'issuers', Known | null>>;
  /** Now, epoch milliseconds. */
  readonly now: number;
}

/** The names a section defines, wrong entries included, so that one mistake is told once. */
export function collectNames(files: readonly Shaped[], section: NamedSection, findings: Findings): Names {
  const names = new Map<string, Place>();
  for (const { source } of files) {
    for (const name of keysOf(source, section)) {
      const first = names.get(name);
      const at = source.key([section, name]);
      if (first === undefined) names.set(name, at);
      else {
        findings.error('GH055', at, {
          message: `found ${name} again; the first is in ${first.file}:${first.line}`,
          hint: 'files add up and never override: keep one, or name this one differently',
        });
      }
    }
  }
  return names;
}

/** The keys of a map section, whatever else is wrong with it. */
export function keysOf(source: Source, section: string): readonly string[] {
  const entries = sectionOf(source, section);
  return typeof entries === 'object' && entries !== null && !Array.isArray(entries) ? Object.keys(entries) : [];
}

function sectionOf({ value }: Source, section: string): unknown {
  return (value as Readonly<Record<string, unknown>> | null)?.[section];
}

/** Links what the schema accepted in every file and reports what does not hold together. */
export function linkPolicy(files: readonly Shaped[], context: PolicyContext): Policy {
  const groups = files.flatMap((file) =>
    sound(file, 'groups', (name, group) => linkGroup(name, group, { ...context, ...file })),
  );
  const roles = files.flatMap((file) =>
    sound(file, 'roles', (name, role) => linkRole(name, role, { ...context, ...file })),
  );
  const robots = files.flatMap((file) =>
    sound(file, 'robots', (name, robot) => linkRobot(name, robot, { ...context, ...file })),
  );
  const grants = files.flatMap((file) => linkGrants(file, context));
  refuseRepeatedGrants(grants, context.findings);
  return {
    groups: byName(groups),
    roles: byName(roles),
    robots: byName(robots),
    grants,
    guardrails: new Map(),
    revoked: [],
  };
}

function byName<T extends { readonly name: string }>(entries: readonly T[]): ReadonlyMap<string, T> {
  return new Map(entries.map((entry) => [entry.name, entry]));
}

type Entry<S extends NamedSection> = NonNullable<WrittenPolicy[S]>[string];

function sound<S extends NamedSection, T>(file: Shaped, section: S, link: (name: string, entry: Entry<S>) => T): T[] {
  return keysOf(file.source, section)
    .filter((name) => file.isSound(section, name))
    .map((name) => link(name, (file.source.value as Required<WrittenPolicy>)[section]?.[name] as Entry<S>));
}

interface EntryContext extends PolicyContext {
  readonly source: Source;
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

function linkRole(name: string, role: WrittenRole, context: EntryContext): Role {
  const path: Path = ['roles', name];
  const rules = role.allow.map((rule, index) => linkRule(rule, [...path, 'allow', index], context));
  return { name, description: role.description ?? '', rules, includes: [], at: context.source.key(path) };
}

function linkRule(rule: WrittenRole['allow'][number], path: Path, context: EntryContext): Rule {
  // The schema accepts a rule only with exactly one verb.
  const verb = (['read', 'write', 'any'] as const).find((word) => rule[word] !== undefined) ?? 'read';
  const globs = rule[verb] ?? [];
  const targets = list(globs).map((glob, index) => {
    const at = context.source.at(typeof globs === 'string' ? [...path, verb] : [...path, verb, index]);
    return linkTarget(glob, verb, { ...context, at });
  });
  return { verb, targets, at: context.source.key([...path, verb]) };
}

function linkTarget(glob: string, verb: Rule['verb'], { known, findings, at }: EntryContext & { at: Place }): Target {
  const slash = glob.indexOf('/');
  const [server, tool] = [glob.slice(0, slash), glob.slice(slash + 1)];
  if (server !== '*' && known.servers?.has(server) === false) {
    findings.error('GH053', at, unknown('server', server, known.servers));
  }
  if (verb === 'any' && /[*?]/.test(glob)) {
    findings.warning('GH070', at, {
      message: `${clip(glob)} reaches destructive tools that nobody has named`,
      hint: 'name them one by one, or use write',
    });
  }
  return { server, tool, at };
}

function unknown(kind: string, word: string, known: Known): { message: string; hint: string } {
  return { message: `expected a ${kind} that exists, found ${clip(word)}`, hint: suggest(word, known.keys()) };
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
    const end = moment(expires, [...path, 'expires'], context);
    if (end !== null && end <= now) {
      findings.warning('GH071', source.at([...path, 'expires']), `the key ${id} has expired and is refused`);
    }
    return { id, sha256, expires: end, at: source.key(path) };
  });
  return { name, owner, keys: linked, oidc: oidc ?? null, at };
}

function moment(text: string | undefined, path: Path, { source, findings }: EntryContext): number | null {
  if (text === undefined) return null;
  const at = parseMoment(text, path.at(-1) === 'starts' ? 'starts' : 'expires');
  if (at === null) findings.error('GH057', source.at(path), `expected a day and time that exist, found ${text}`);
  return at;
}

function linkGrants(file: Shaped, context: PolicyContext): readonly Grant[] {
  const grants = sectionOf(file.source, 'grants');
  if (!Array.isArray(grants)) return [];
  return (grants as readonly WrittenGrant[]).flatMap((grant, index) => {
    if (!file.isSound('grants', index) || context.findings.full) return [];
    return [linkGrant(grant, ['grants', index], { ...context, ...file })];
  });
}

function linkGrant(grant: WrittenGrant, path: Path, context: EntryContext): Grant {
  const { source, findings, known, now } = context;
  const starts = moment(grant.starts, [...path, 'starts'], context);
  const expires = moment(grant.expires, [...path, 'expires'], context);
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

function linkSubject(text: string, at: Place, { findings, known }: PolicyContext): Subject {
  const [, kind, name = ''] = /^(user|group|robot):(\S+)$/.exec(text) ?? [];
  switch (kind) {
    case 'user':
      return { kind, name };
    case 'group':
      if (known.groups?.has(name) === false) findings.error('GH051', at, unknown('group', name, known.groups));
      return { kind, name };
    case 'robot':
      if (known.robots?.has(name) === false) findings.error('GH052', at, unknown('robot', name, known.robots));
      return { kind, name };
    default:
      if (text !== 'everyone') findings.error('GH054', at, subjectWords(text, known));
      return { kind: 'everyone' };
  }
}

function subjectWords(text: string, known: PolicyContext['known']): { message: string; hint: string } {
  const bare = text.replace(/^[a-z]*:/, '');
  const prefixes = [known.groups?.has(bare) ? 'group' : '', known.robots?.has(bare) ? 'robot' : '', 'user'];
  return {
    message: `expected user:NAME, group:NAME, robot:NAME or everyone, found ${clip(text)}`,
    hint: `did you mean ${prefixes.find((prefix) => prefix !== '')}:${clip(bare || 'NAME')}?`,
  };
}

/** The same grant twice is a merge gone wrong: removing one of them would change nothing. */
function refuseRepeatedGrants(grants: readonly Grant[], findings: Findings): void {
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
