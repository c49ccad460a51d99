import type { Target } from './configuration.ts';
import type { Findings } from './findings.ts';
import { type Known, unknown } from './known.ts';
import { list } from './link-servers.ts';
import type { Path, Source } from './parse.ts';
import type { OneOrMore } from './written.ts';

export interface TargetContext {
  readonly source: Source;
  readonly findings: Findings;
  /** The registry's names; null when a broken file may hold more. */
  readonly known: { readonly servers: Known | null };
}

/** Reads `server/tool` globs, one or a list of them, at a path; an unknown server is reported. */
export function linkTargets(globs: OneOrMore, path: Path, context: TargetContext): readonly Target[] {
  const { source, known, findings } = context;
  const { servers } = known;
  return list(globs).map((glob, index) => {
    const at = source.at(typeof globs === 'string' ? path : [...path, index]);
    const slash = glob.indexOf('/');
    const [server, tool] = [glob.slice(0, slash), glob.slice(slash + 1)];
    if (server !== '*' && servers?.has(server) === false) {
      findings.error('GH053', at, unknown('server', server, servers));
    }
    return { server, tool, at };
  });
}

export interface UnservedContext extends TargetContext {
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
