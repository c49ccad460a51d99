import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import type { Reach, SecretReference, Server, ServerAuth } from './configuration.ts';
import type { Findings } from './findings.ts';
import { parseDuration } from './moment.ts';
import type { Path, Source } from './parse.ts';
import { holdsReference, soundsSecret } from './pasted-secret.ts';
import type { Place } from './problem.ts';
import { checkUrl } from './url.ts';
import type { OneOrMore, WrittenServer } from './written.ts';

const timeoutMaxMs = 60 * 60 * 1000;

/** Headers the gateway itself writes; a credential in one of them would break the protocol. */
const reservedHeader =
  /^(?:host|connection|content-.*|accept|accept-encoding|transfer-encoding|te|trailer|upgrade|expect|mcp-.*|last-event-id)$/i;

interface Context {
  readonly source: Source;
  readonly findings: Findings;
  /** Folder of the configuration file. */
  readonly base: string;
}

export function linkServer(name: string, written: WrittenServer, context: Context): Server {
  const { source } = context;
  const path: Path = ['servers', name];
  checkFit(written, path, context);
  const server: Omit<Server, 'fingerprint'> = {
    name,
    description: written.description ?? '',
    owner: written.owner ?? '',
    prefix: written.prefix ?? name,
    mode: written.mode ?? 'shared',
    timeoutMs: timeout(written.timeout ?? '60s', source.at([...path, 'timeout']), context.findings),
    protocol: written.protocol ?? 'auto',
    reach: reachOf(written, path, context),
    auth: authOf(written.auth ?? 'none', [...path, 'auth'], context),
    classes: {
      read: list(written.class?.read),
      write: list(written.class?.write),
      destructive: list(written.class?.destructive),
    },
    at: source.key(path),
  };
  return { ...server, fingerprint: fingerprintOf(server) };
}

/** Only what the connection needs: a word in a description, or a line further down, must not cost it. */
function fingerprintOf({ name, mode, timeoutMs, protocol, reach, auth }: Omit<Server, 'fingerprint'>): string {
  const needed = { name, mode, timeoutMs, protocol, reach, auth };
  const text = JSON.stringify(needed, (key, value: unknown) => (key === 'at' ? undefined : value));
  return createHash('sha256').update(text).digest('hex');
}

/** A list, whichever way it was written. */
export function list(value: OneOrMore | undefined): readonly string[] {
  return value === undefined ? [] : [value].flat();
}

/** Keys that are well-formed and mean nothing for this kind of server. */
function checkFit(written: WrittenServer, path: Path, { source, findings }: Context): void {
  const isHttp = written.url !== undefined;
  const misfits = isHttp ? (['env', 'cwd'] as const) : (['auth'] as const);
  for (const key of misfits) {
    if (written[key] === undefined || written[key] === 'none') continue;
    const hint = isHttp ? 'it belongs to a server with a command' : 'give a command its secrets through env';
    findings.error('GH061', source.key([...path, key]), {
      message: `${key} has no meaning for a server with a ${isHttp ? 'url' : 'command'}`,
      hint,
    });
  }
  const { transport = 'auto' } = written;
  if (transport === 'auto' || (transport === 'stdio') !== isHttp) return;
  findings.error('GH061', source.at([...path, 'transport']), {
    message: `the transport ${transport} has no meaning for a server with a ${isHttp ? 'url' : 'command'}`,
    hint: 'leave it out',
  });
}

function timeout(text: string, at: Place, findings: Findings): number {
  const ms = parseDuration(text);
  if (ms < 1 || ms > timeoutMaxMs) findings.error('GH059', at, `expected a duration from 1ms to 60m, found ${text}`);
  return ms;
}

function reachOf(written: WrittenServer, path: Path, context: Context): Reach {
  const { source, findings, base } = context;
  if (written.url !== undefined) {
    const needsTls = written.auth !== undefined && written.auth !== 'none';
    checkUrl(written.url, { at: source.at([...path, 'url']), findings, needsTls });
    const transport = written.transport === 'stdio' ? 'auto' : (written.transport ?? 'auto');
    return { kind: 'http', transport, url: written.url };
  }
  // The schema accepts a server only with exactly one of url and command.
  const command = written.command as readonly [string, ...string[]];
  for (const [index, word] of command.entries()) {
    if (!holdsReference(word)) continue;
    findings.error('GH069', source.at([...path, 'command', index]), {
      message: 'a secret reference is not resolved in a command, which every user of the machine can read',
      hint: 'pass it through env',
    });
  }
  const [program, ...words] = command;
  const env = Object.entries(written.env ?? {}).map(([name, text]) => [
    name,
    envValue([...path, 'env', name], text, context),
  ]);
  return {
    kind: 'stdio',
    command: [program.includes('/') ? resolve(base, program) : program, ...words],
    env: Object.fromEntries(env),
    cwd: resolve(base, written.cwd ?? '.'),
  };
}

function envValue(path: Path, text: string, { source, findings }: Context): string | SecretReference {
  const at = source.at(path);
  const reference = referenceIn(text, at);
  if (reference !== null) return reference;
  const name = String(path.at(-1));
  if (holdsReference(text)) {
    findings.error('GH069', at, {
      message: 'expected a whole value that is a secret reference, found one inside other text or of another kind',
      hint: `write \${env:NAME} or \${file:/path} alone`,
    });
  } else if (soundsSecret(name) && text !== '') {
    findings.warning('GH068', at, {
      message: `${name} sounds like a secret and holds plain text (not shown)`,
      hint: `write \${env:${name}} if it is one`,
    });
  }
  return text;
}

function referenceIn(text: string, at: Place): SecretReference | null {
  const [, env, path] = /^\$\{(?:env:([A-Za-z_][A-Za-z0-9_]*)|file:(\/[^{}]+))\}$/.exec(text) ?? [];
  if (env !== undefined) return { kind: 'env', name: env, at };
  return path === undefined ? null : { kind: 'file', path, at };
}

function authOf(auth: NonNullable<WrittenServer['auth']>, path: Path, { source, findings }: Context): ServerAuth {
  if (auth === 'none') return { kind: 'none' };
  if ('bearer' in auth) return { kind: 'bearer', token: secretAt(auth.bearer, source.at([...path, 'bearer'])) };
  const headers = Object.entries(auth.headers).map(([name, text]) => {
    const at = [...path, 'headers', name];
    if (reservedHeader.test(name)) {
      findings.error('GH078', source.key(at), `expected a header that carries a credential, found ${name}`);
    }
    return [name, secretAt(text, source.at(at))];
  });
  return { kind: 'headers', headers: Object.fromEntries(headers) };
}

function secretAt(text: string, at: Place): SecretReference {
  const reference = referenceIn(text, at);
  if (reference === null) throw new TypeError('the schema lets only secret references through');
  return reference;
}

/** Prefixes under which two servers' tools could get one name: equal ones, and `a` beside `a_b`. */
export function checkPrefixes(servers: Iterable<Server>, { source, findings }: Context): void {
  const owners = new Map<string, string>();
  const all = [...servers];
  for (const { name, prefix } of all) {
    const owner = owners.get(prefix);
    if (owner !== undefined) reportPrefix({ name, prefix, owner }, source, findings);
    owners.set(prefix, owner ?? name);
  }
  for (const { name, prefix } of all) {
    for (let end = prefix.indexOf('_'); end > 0; end = prefix.indexOf('_', end + 1)) {
      const owner = owners.get(prefix.slice(0, end));
      if (owner !== undefined) reportPrefix({ name, prefix, owner }, source, findings);
    }
  }
}

interface Clash {
  readonly name: string;
  readonly prefix: string;
  readonly owner: string;
}

function reportPrefix({ name, prefix, owner }: Clash, source: Source, findings: Findings): void {
  findings.error('GH063', source.at(['servers', name, 'prefix']), {
    message: `tools exposed as ${prefix}_… could also be tools of the server ${owner}`,
    hint: 'set prefix to something else, or use - instead of _',
  });
}
