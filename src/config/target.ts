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
