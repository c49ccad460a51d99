import type { Group, Guardrail, SubjectPattern } from './configuration.ts';
import type { EntryContext } from './known.ts';
import type { ConditionContext } from './link-condition.ts';
import { list } from './link-servers.ts';
import { reachOfVerb } from './locked-reach.ts';
import type { Path } from './parse.ts';
import { linkPattern } from './subject.ts';
import { linkTargets, linkUnserved } from './target.ts';
import type { OneOrMore, WrittenGuardrail } from './written.ts';

/** What linking one needs besides its entry. */
export interface GuardrailContext extends EntryContext, ConditionContext {
  readonly groups: ReadonlyMap<string, Group>;
}

export function linkGuardrail(name: string, written: WrittenGuardrail, context: GuardrailContext): Guardrail {
  const path: Path = ['guardrails', name];
  const to = linkPatterns(written.to ?? 'everyone', [...path, 'to'], context);
  const except = linkPatterns(written.except, [...path, 'except'], context);
  if (to.every((pattern) => isCovered(pattern, except, context))) {
    context.findings.error('GH085', context.source.at([...path, 'except']), {
      message: `expected a guardrail that holds for somebody, found that except takes out all of to`,
      hint: 'narrow except, or remove the guardrail',
    });
  }
  checkParts(written, path, context);
  const targets = linkTargets(written.deny ?? [], [...path, 'deny'], context);
  const classes = written.class === undefined ? reachOfVerb.any : [written.class];
  return {
    name,
    targets,
    prompts: linkUnserved('prompts', written, { ...context, path }),
    resources: linkUnserved('resources', written, { ...context, path }),
    class: written.class ?? null,
    condition: context.linkCondition(written, { path, targets, classes, context }),
    to,
    except,
    at: context.source.key(path),
  };
}

/** A guardrail takes something away; what narrows tools stands beside tools. */
function checkParts(written: WrittenGuardrail, path: Path, { source, findings }: GuardrailContext): void {
  if (written.deny !== undefined) return;
  if (written.prompts === undefined && written.resources === undefined) {
    findings.error('GH031', source.key(path), 'expected the key deny, prompts or resources here');
    return;
  }
  for (const key of (['class', 'args', 'when'] as const).filter((word) => written[word] !== undefined)) {
    findings.error('GH116', source.key([...path, key]), `expected ${key} beside deny, found it without`);
  }
}

function linkPatterns(texts: OneOrMore | undefined, path: Path, context: GuardrailContext): readonly SubjectPattern[] {
  return list(texts).map((text, index) => {
    const at = context.source.at(typeof texts === 'string' ? path : [...path, index]);
    return linkPattern(text, at, context);
  });
}

/** Whether nobody whom `pattern` matches is left by `except`, as far as the files can tell. */
function isCovered(pattern: SubjectPattern, except: readonly SubjectPattern[], { groups }: GuardrailContext): boolean {
  const all = new Set(except.map(({ kind }) => kind));
  if (all.has('everyone') || (all.has('users') && all.has('robots'))) return true;
  switch (pattern.kind) {
    case 'everyone':
      return false;
    case 'users':
    case 'robots':
      return all.has(pattern.kind);
    default:
      return all.has(pattern.kind === 'robot' ? 'robots' : 'users') || except.some(holds);
  }
  function holds(other: SubjectPattern): boolean {
    if (!('name' in other) || !('name' in pattern)) return false;
    if (other.kind === pattern.kind) return other.name === pattern.name;
    return (
      other.kind === 'group' &&
      pattern.kind === 'user' &&
      groups.get(other.name)?.members.includes(pattern.name) === true
    );
  }
}
