import type { Role, Rule, Target } from './configuration.ts';
import { checkIncludes } from './includes.ts';
import { type EntryContext, linkNamed, type PolicyContext, unknown } from './known.ts';
import type { ConditionContext } from './link-condition.ts';
import { isGlob, reachOfVerb } from './locked-reach.ts';
import { clip, type Path } from './parse.ts';
import type { Shaped } from './shape.ts';
import { linkTargets, linkUnserved } from './target.ts';
import type { WrittenRole, WrittenRule } from './written.ts';

export function linkRoles(files: readonly Shaped[], context: PolicyContext & ConditionContext): readonly Role[] {
  const linked = linkNamed(files, 'roles', (name, role, { source }) => ({
    role: linkRole(name, role, { ...context, source }),
    includesAt: (index: number) => source.at(['roles', name, 'includes', index]),
  }));
  checkIncludes(linked, context.findings);
  return linked.map(({ role }) => role);
}

function linkRole(name: string, role: WrittenRole, context: EntryContext & ConditionContext): Role {
  const { source, findings, known } = context;
  const path: Path = ['roles', name];
  const at = source.key(path);
  const { allow = [], includes = [] } = role;
  if (allow.length + includes.length === 0) findings.error('GH031', at, 'expected the key allow or includes here');
  for (const [index, included] of includes.entries()) {
    if (known.roles?.has(included) !== false) continue;
    findings.error('GH050', source.at([...path, 'includes', index]), unknown('role', included, known.roles));
  }
  const rules = allow.flatMap((rule, index) => linkRule(rule, [...path, 'allow', index], context));
  const of = (kind: 'prompts' | 'resources'): readonly Target[] =>
    allow.flatMap((rule, index) => linkUnserved(kind, rule, { ...context, path: [...path, 'allow', index] }));
  return {
    name,
    description: role.description ?? '',
    rules,
    prompts: of('prompts'),
    resources: of('resources'),
    includes,
    at,
  };
}

/** The rule about tools; none when it is about prompts or resources, of which nothing can be asked. */
function linkRule(rule: WrittenRule, path: Path, context: EntryContext & ConditionContext): readonly Rule[] {
  const { source, findings } = context;
  const verb = (['read', 'write', 'any'] as const).find((word) => rule[word] !== undefined);
  if (verb === undefined) {
    for (const key of (['args', 'when'] as const).filter((word) => rule[word] !== undefined)) {
      findings.error(
        'GH116',
        source.key([...path, key]),
        `expected ${key} beside read, write or any, found it elsewhere`,
      );
    }
    return [];
  }
  const targets = linkTargets(rule[verb] ?? [], [...path, verb], context);
  for (const { server, tool, at } of verb === 'any' ? targets : []) {
    if (!isGlob(`${server}${tool}`)) continue;
    findings.warning('GH070', at, {
      message: `${clip(`${server}/${tool}`)} reaches destructive tools that nobody has named`,
      hint: 'name them one by one, or use write',
    });
  }
  const condition = context.linkCondition(rule, { path, targets, classes: reachOfVerb[verb], context });
  return [{ verb, targets, condition, at: source.key([...path, verb]) }];
}
