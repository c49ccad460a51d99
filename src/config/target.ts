import type { Target } from './configuration.ts';
import { type EntryContext, unknown } from './known.ts';
import { list } from './link-servers.ts';
import type { Path } from './parse.ts';
import type { OneOrMore } from './written.ts';

/** Reads `server/tool` globs, one or a list of them, at a path; an unknown server is reported. */
export function linkTargets(globs: OneOrMore, path: Path, context: EntryContext): readonly Target[] {
  const { source, known, findings } = context;
  return list(globs).map((glob, index) => {
    const at = source.at(typeof globs === 'string' ? path : [...path, index]);
    const slash = glob.indexOf('/');
    const [server, tool] = [glob.slice(0, slash), glob.slice(slash + 1)];
    if (server !== '*' && known.servers?.has(server) === false) {
      findings.error('GH053', at, unknown('server', server, known.servers));
    }
    return { server, tool, at };
  });
}

export interface UnservedContext extends EntryContext {
  readonly path: Path;
}

/** Reads the prompts or resources of a rule or guardrail; none when it is about others. */
export function linkUnserved(
  kind: 'prompts' | 'resources',
  written: { readonly [K in 'prompts' | 'resources']?: OneOrMore },
  context: UnservedContext,
): readonly Target[] {
  const globs = written[kind];
  if (globs === undefined) return [];
  context.findings.warning('GH114', context.source.key([...context.path, kind]), {
    message: `found ${kind}, which this version decides and does not serve: it is a gateway for tools only`,
    hint: '',
  });
  return linkTargets(globs, [...context.path, kind], context);
}
