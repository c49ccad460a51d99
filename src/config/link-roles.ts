import type { Role, Rule } from './configuration.ts';
import { checkIncludes } from './includes.ts';
import { type EntryContext, linkNamed, type PolicyContext, unknown } from './known.ts';
import { clip, type Path } from './parse.ts';
import type { Shaped } from './shape.ts';
import { linkTargets } from './target.ts';
import type { WrittenRole } from './written.ts';

export function linkRoles(files: readonly Shaped[], context: PolicyContext): readonly Role[] {
  const linked = linkNamed(files, 'roles', (name, role, { source }) => ({
    role: linkRole(name, role, { ...context, source }),
    includesAt: (index: number) => source.at(['roles', name, 'includes', index]),
  }));
  checkIncludes(linked, context.findings);
  return linked.map(({ role }) => role);
}

function linkRole(name: string, role: WrittenRole, context: EntryContext): Role {
  const { source, findings, known } = context;
  const path: Path = ['roles', name];
  const at = source.key(path);
  const { allow = [], includes = [] } = role;
  if (allow.length + includes.length === 0) findings.error('GH031', at, 'expected the key allow or includes here');
  for (const [index, included] of includes.entries()) {
    if (known.roles?.has(included) !== false) continue;
    findings.error('GH050', source.at([...path, 'includes', index]), unknown('role', included, known.roles));
  }
  const rules = allow.map((rule, index) => linkRule(rule, [...path, 'allow', index], context));
  return { name, description: role.description ?? '', rules, prompts: [], resources: [], includes, at };
}

function linkRule(rule: NonNullable<WrittenRole['allow']>[number], path: Path, context: EntryContext): Rule {
  // The schema accepts a rule only with exactly one verb.
  const verb = (['read', 'write', 'any'] as const).find((word) => rule[word] !== undefined) ?? 'read';
  const targets = linkTargets(rule[verb] ?? [], [...path, verb], context);
  for (const { server, tool, at } of verb === 'any' ? targets : []) {
    if (!/[*?]/.test(`${server}${tool}`)) continue;
    context.findings.warning('GH070', at, {
      message: `${clip(`${server}/${tool}`)} reaches destructive tools that nobody has named`,
      hint: 'name them one by one, or use write',
    });
  }
  return { verb, targets, condition: null, at: context.source.key([...path, verb]) };
}
