import type { Role, Rule } from './configuration.ts';
import type { EntryContext } from './known.ts';
import { clip, type Path } from './parse.ts';
import { linkTargets } from './target.ts';
import type { WrittenRole } from './written.ts';

export function linkRole(name: string, role: WrittenRole, context: EntryContext): Role {
  const path: Path = ['roles', name];
  const rules = role.allow.map((rule, index) => linkRule(rule, [...path, 'allow', index], context));
  return { name, description: role.description ?? '', rules, includes: [], at: context.source.key(path) };
}

function linkRule(rule: WrittenRole['allow'][number], path: Path, context: EntryContext): Rule {
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
  return { verb, targets, at: context.source.key([...path, verb]) };
}
