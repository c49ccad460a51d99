import { showAddress } from '../config/address.ts';
import type {
  Configuration,
  Revocation,
  Robot,
  SecretReference,
  Server,
  ServerAuth,
  ToolClass,
} from '../config/configuration.ts';
import { canonicalJson } from '../config/lock-hash.ts';
import type { Path } from '../config/parse.ts';
import type { Place } from '../config/problem.ts';
import type { World } from './explain-world.ts';

/** One side of a comparison, with what only its files say. */
export interface WrittenSide {
  readonly world: World;
  /** The `require` section: a class, or whether an owner is asked for. */
  readonly require: Readonly<Record<string, ToolClass | boolean | undefined>>;
  /** The place of the value at a path of the configuration file. */
  readonly placeOf: (path: Path) => Place;
}

/** Something that is so on one side, told apart by `what`. */
export interface Fact {
  readonly what: string;
  /** What it says, by the word for it. */
  readonly parts: Readonly<Record<string, string>>;
  /** More that must be equal and is never shown. */
  readonly untold: string;
  /** Whether it keeps somebody out, so that its end opens something. */
  readonly isBarrier: boolean;
  /** More is more open; null cannot be told. */
  readonly openness: number | null;
  readonly at: Place;
}

export function factsOf({ world: { configuration }, require, placeOf }: WrittenSide): readonly Fact[] {
  return [
    ...gatewayFacts(configuration, placeOf),
    ...requireFacts(require, placeOf),
    ...[...configuration.servers.values()].map(serverFact),
    ...identityFacts(configuration, placeOf),
    ...[...configuration.policy.robots.values()].flatMap(robotFacts),
    ...revokedFacts(configuration.policy.revoked),
  ];
}

function fact(what: string, at: Place, rest: Partial<Fact>): Fact {
  return { what, at, parts: {}, untold: '', isBarrier: false, openness: null, ...rest };
}

const opener = {
  lock: ['strict', 'warn', 'off'],
  arguments: ['full', 'redact', 'hash', 'none'],
  results: ['full', 'redact', 'hash', 'none'],
  durability: ['sync', 'flush'],
  attempts: ['all', 'writes', 'off'],
  on_failure: ['deny', 'allow'],
} as const;

function gatewayFacts({ gateway, audit }: Configuration, placeOf: WrittenSide['placeOf']): readonly Fact[] {
  const { environment, url } = gateway;
  const addresses = { listen: gateway.listen, admin_listen: gateway.adminListen };
  const lists = {
    allowed_hosts: gateway.allowedHosts,
    allowed_origins: gateway.allowedOrigins,
    trusted_proxies: gateway.trustedProxies,
  };
  return [
    ranked('gateway.lock', gateway.lock, { order: opener.lock, at: placeOf(['gateway', 'lock']) }),
    ...auditFacts(audit, placeOf),
    fact('gateway.environment', placeOf(['gateway', 'environment']), { parts: { value: environment } }),
    ...Object.entries(addresses).map(([key, address]) =>
      fact(`gateway.${key}`, placeOf(['gateway', key]), { parts: { value: showAddress(address) } }),
    ),
    fact('gateway.url', placeOf(['gateway', 'url']), { parts: { value: url } }),
    ...Object.entries(lists).flatMap(([key, values]) =>
      values.map((value, index) => fact(`gateway.${key} ${value}`, placeOf(['gateway', key, index]), {})),
    ),
  ];
}

function auditFacts(audit: Configuration['audit'], placeOf: WrittenSide['placeOf']): readonly Fact[] {
  const { durability, attempts, onFailure: on_failure, otherwise, redactions, anchors } = audit;
  const { arguments: args, results } = otherwise;
  const settings = { arguments: args, results, durability, attempts, on_failure };
  const anchored = anchors.map((anchor) => ('git' in anchor ? `git ${anchor.git}` : `dir ${anchor.dir}`));
  return [
    ...Object.entries(settings).map(([key, value]) =>
      ranked(`audit.${key}`, value, {
        order: opener[key as keyof typeof settings],
        at: placeOf(['audit', key]),
      }),
    ),
    ...redactions.map(({ targets, ...kept }, index) => {
      const about = targets.map(({ server, tool }) => `${server}/${tool}`).join(' ');
      return fact(`audit.redact ${about}`, placeOf(['audit', 'redact', index]), {
        parts: { value: JSON.stringify(kept) },
      });
    }),
    ...anchored.map((name, index) =>
      fact(`audit.anchor ${name}`, placeOf(['audit', 'anchor', index]), { isBarrier: true }),
    ),
  ];
}

function ranked(what: string, value: string, { order, at }: { order: readonly string[]; at: Place }): Fact {
  return fact(what, at, { parts: { value }, openness: order.indexOf(value) });
}

/** The less severe the class from which on something is asked for, the more grants must have it. */
const asked: readonly string[] = ['read', 'write', 'destructive'];

function requireFacts(require: WrittenSide['require'], placeOf: WrittenSide['placeOf']): readonly Fact[] {
  return Object.entries(require).flatMap(([key, value]) => {
    if (value === undefined || value === false) return [];
    const openness = asked.indexOf(String(value));
    return [
      fact(`require.${key}`, placeOf(['require', key]), { parts: { value: String(value) }, isBarrier: true, openness }),
    ];
  });
}

/** Values of a process's environment may be secret although they should not be: only their names are told. */
function serverFact({ name, reach, auth, at }: Server): Fact {
  const what = `server ${name}`;
  if (reach.kind === 'http') {
    return fact(what, at, { parts: { url: reach.url, transport: reach.transport, auth: authText(auth) } });
  }
  const environment = Object.keys(reach.env).sort().join(' ');
  const parts = { command: wordsText(reach.command), cwd: reach.cwd, env: environment, auth: authText(auth) };
  return fact(what, at, { parts, untold: JSON.stringify(withoutPlaces(reach.env)) });
}

/** Where one word ends and the next begins matters to what a command does. */
function wordsText(words: readonly string[]): string {
  return words.map((word) => (/^[^\s"]+$/.test(word) ? word : JSON.stringify(word))).join(' ');
}

function authText(auth: ServerAuth): string {
  if (auth.kind === 'none') return 'none';
  if (auth.kind === 'bearer') return `bearer ${referenceText(auth.token)}`;
  return Object.entries(auth.headers)
    .map(([name, reference]) => `${name} ${referenceText(reference)}`)
    .join(', ');
}

function referenceText(reference: SecretReference): string {
  return reference.kind === 'env' ? `\${env:${reference.name}}` : `\${file:${reference.path}}`;
}

function withoutPlaces(env: Readonly<Record<string, string | SecretReference>>) {
  return Object.entries(env)
    .map(([name, value]) => [name, typeof value === 'string' ? value : referenceText(value)])
    .sort();
}

function identityFacts({ identity }: Configuration, placeOf: WrittenSide['placeOf']): readonly Fact[] {
  const issuers = identity.issuers.map(({ issuer, audience, algorithms, jwks, claims }, index) => {
    const parts = {
      audience,
      algorithms: [...algorithms].sort().join(' '),
      jwks: jwks ?? 'discovered',
      claims: canonicalJson(claims),
    };
    return fact(`issuer ${issuer}`, placeOf(['identity', 'issuers', index]), { parts });
  });
  if (identity.local === null) return issuers;
  const { user, groups } = identity.local;
  return [
    ...issuers,
    fact('identity.local', placeOf(['identity', 'local']), { parts: { user, groups: wordsText(groups) } }),
  ];
}

function robotFacts({ name, keys, oidc, at }: Robot): readonly Fact[] {
  const proofs = keys.map(({ id, sha256, expires, at: place }) =>
    fact(`key ${id} of robot:${name}`, place, {
      parts: { expires: expires === null ? 'never' : dateOf(expires) },
      untold: sha256,
      openness: expires ?? Number.POSITIVE_INFINITY,
    }),
  );
  if (oidc === null) return proofs;
  const { issuer, subject } = oidc;
  return [...proofs, fact(`workload of robot:${name}`, at, { parts: { issuer, subject } })];
}

/** Of several about one user the earliest holds, and facts of one name give way to the last. */
function revokedFacts(revoked: readonly Revocation[]): readonly Fact[] {
  const latestFirst = revoked.toSorted((a, b) => b.since - a.since);
  return latestFirst.map(({ kind, value, since, at }) => {
    const what = `revoked ${kind} ${kind === 'user' ? value.toLowerCase() : value}`;
    return fact(what, at, { parts: { since: dateOf(since) }, isBarrier: true, openness: since });
  });
}

function dateOf(at: number): string {
  return at === 0
    ? 'always'
    : new Date(at)
        .toISOString()
        .replace(/(?::00)?\.\d+Z$/, 'Z')
        .replace('T00:00Z', '');
}
