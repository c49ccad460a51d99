import type { Revocation } from './configuration.ts';
import { type EntryContext, linkListed, type PolicyContext } from './known.ts';
import { linkMoment } from './moment.ts';
import { clip, type Path } from './parse.ts';
import type { Shaped } from './shape.ts';
import { suggest } from './suggest.ts';
import type { WrittenRevocation } from './written.ts';

/** `keys` are the ids of all robot keys, or null when a broken file may define more. */
export function linkRevoked(
  files: readonly Shaped[],
  keys: ReadonlySet<string> | null,
  context: PolicyContext,
): readonly Revocation[] {
  const revoked = linkListed(files, { section: 'revoked', ...context }, (entry, index, { source }) =>
    linkRevocation(entry, ['revoked', index], { ...context, source }),
  );
  for (const { kind, value, at } of revoked) {
    if (kind !== 'key' || keys === null || keys.has(value)) continue;
    context.findings.warning('GH088', at, {
      message: `expected the id of a robot's key, found ${clip(value)}, which none has`,
      hint: suggest(value, keys) || 'remove it if the key is gone for good',
    });
  }
  return revoked;
}

function linkRevocation(written: WrittenRevocation, path: Path, context: EntryContext): Revocation {
  const { source, findings } = context;
  // The schema accepts exactly one of them.
  const kind = (['user', 'sub', 'jti', 'key'] as const).find((word) => written[word] !== undefined) ?? 'user';
  const value = written[kind] ?? '';
  const at = source.at([...path, kind]);
  if (kind === 'user' && /^(user|group|robot):/.test(value)) {
    findings.error('GH054', at, {
      message: `expected a user's name, found ${clip(value)}`,
      hint: value.startsWith('user:')
        ? 'leave out user:'
        : 'remove the grants of a group or a robot, or revoke its keys',
    });
  }
  return { kind, value, since: linkMoment(written.since, [...path, 'since'], context) ?? 0, at: source.at(path) };
}
