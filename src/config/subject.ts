import type { Subject, SubjectPattern } from './configuration.ts';
import { type PolicyContext, unknown } from './known.ts';
import { clip } from './parse.ts';
import type { Place } from './problem.ts';

/** Reads `user:NAME`, `group:NAME`, `robot:NAME` or `everyone`, and reports what is none of them or does not exist. */
export function linkSubject(text: string, at: Place, { findings, known }: PolicyContext): Subject {
  const [, kind, name = ''] = /^(user|group|robot):([^\s*]+)$/.exec(text) ?? [];
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

/** As `linkSubject`, with `user:*` and `robot:*` besides. */
export function linkPattern(text: string, at: Place, context: PolicyContext): SubjectPattern {
  if (text === 'user:*') return { kind: 'users' };
  if (text === 'robot:*') return { kind: 'robots' };
  return linkSubject(text, at, context);
}

function subjectWords(text: string, known: PolicyContext['known']): { message: string; hint: string } {
  const message = `expected user:NAME, group:NAME, robot:NAME or everyone, found ${clip(text)}`;
  if (text.includes('*')) return { message, hint: 'only a guardrail takes a *, as user:* or robot:*' };
  const bare = text.replace(/^[a-z]*:/, '');
  const prefixes = [known.groups?.has(bare) ? 'group' : '', known.robots?.has(bare) ? 'robot' : '', 'user'];
  return { message, hint: `did you mean ${prefixes.find((prefix) => prefix !== '')}:${clip(bare || 'NAME')}?` };
}
