import { isIP } from 'node:net';
import { isLoopback, parseAddress, showAddress } from './address.ts';
import type { Address, GatewaySettings, IdentitySettings, Issuer } from './configuration.ts';
import type { Findings } from './findings.ts';
import type { Path, Source } from './parse.ts';
import { checkUrl } from './url.ts';
import type { WrittenIdentity, WrittenIssuer, WrittenSettings } from './written.ts';

/** What the command line says instead of the file. */
export interface Overrides {
  readonly listen?: Address;
  readonly adminListen?: Address;
  /** Absolute folder for everything the gateway writes; the audit log is in its `audit`. */
  readonly varDir?: string;
  /** Instead of `gateway.lock`. */
  readonly lock?: GatewaySettings['lock'];
}

export const defaultPolicies = 'policies';

/** As `audit/write/access-record.ts` names them, whose records no gateway signs. */
const ofCommands = /-cli$|^cli$/;

interface Context {
  readonly source: Source;
  readonly findings: Findings;
  readonly overrides: Overrides;
}

export function linkGateway(written: WrittenSettings, context: Context): GatewaySettings {
  const { source, findings, overrides } = context;
  const listen = overrides.listen ?? address(written.listen ?? '127.0.0.1:8080', 'listen', context);
  const adminListen =
    overrides.adminListen ?? address(written.admin_listen ?? '127.0.0.1:8081', 'admin_listen', context);
  if (listen.port !== 0 && showAddress(listen) === showAddress(adminListen)) {
    findings.error('GH060', source.at(['gateway', 'admin_listen']), 'expected an address other than that of listen');
  }
  checkName(written.name, context);
  for (const [index, text] of (written.trusted_proxies ?? []).entries()) {
    if (isIP(text) !== 0) continue;
    findings.error('GH082', source.at(['gateway', 'trusted_proxies', index]), `expected an IP address, found ${text}`);
  }
  return {
    name: written.name,
    environment: written.environment ?? 'dev',
    url: publicUrl(written, listen, context),
    listen,
    adminListen,
    lock: overrides.lock ?? written.lock ?? 'warn',
    allowedHosts: written.allowed_hosts ?? [],
    allowedOrigins: written.allowed_origins ?? [],
    trustedProxies: written.trusted_proxies ?? [],
  };
}

function checkName(name: string, { source, findings }: Context): void {
  if (!ofCommands.test(name)) return;
  findings.error('GH034', source.at(['gateway', 'name']), {
    message: `expected a name that is not cli and does not end in -cli, found ${name}`,
    hint: 'the audit log keeps what commands do under such names',
  });
}

function address(text: string, key: 'listen' | 'admin_listen', { source, findings }: Context): Address {
  const parsed = parseAddress(text);
  if (parsed !== null) return parsed;
  findings.error('GH060', source.at(['gateway', key]), `expected a port up to 65535, found ${text}`);
  return { host: 'localhost', port: 0 };
}

function publicUrl({ url }: WrittenSettings, listen: Address, { source, findings }: Context): string {
  if (url !== undefined) {
    checkUrl(url, { at: source.at(['gateway', 'url']), findings, needsTls: true });
    return url.replace(/\/+$/, '');
  }
  if (!isLoopback(listen)) {
    findings.error('GH084', source.key(['gateway']), {
      message: `expected the key url, because ${showAddress(listen)} can be reached from other machines`,
      hint: 'name the address clients use, such as https://mcp.acme.co',
    });
  }
  return `http://${showAddress(listen)}`;
}

/** `gateway` is null when its own section is wrong; what depends on it is then not compared. */
export function linkIdentity(
  written: WrittenIdentity,
  gateway: GatewaySettings | null,
  context: Context,
): IdentitySettings {
  const { source, findings } = context;
  const issuers = written.issuers ?? [];
  const seen = new Set<string>();
  for (const [index, issuer] of issuers.entries()) {
    const path = ['identity', 'issuers', index];
    if (seen.has(issuer.issuer)) {
      findings.error(
        'GH073',
        source.at([...path, 'issuer']),
        `expected each issuer once, found ${issuer.issuer} again`,
      );
    }
    seen.add(issuer.issuer);
    checkIssuer(issuer, path, { ...context, gateway });
  }
  const local = written.local ?? null;
  if (local !== null && gateway !== null && !isLoopback(gateway.listen)) {
    findings.error('GH064', source.key(['identity', 'local']), {
      message: `the local identity needs a loopback listen address, found ${showAddress(gateway.listen)}`,
      hint: 'listen on 127.0.0.1, or remove local: it would let everybody on the network in',
    });
  }
  return {
    issuers: issuers.map(linkIssuer),
    local: local === null ? null : { user: local.user, groups: local.groups ?? [] },
  };
}

function linkIssuer({ issuer, audience, algorithms, jwks, claims }: WrittenIssuer): Issuer {
  const names = { user: claims?.user ?? 'email', groups: claims?.groups ?? 'groups' };
  return { issuer, audience, algorithms, jwks: jwks ?? null, claims: names };
}

interface IssuerContext extends Context {
  readonly gateway: GatewaySettings | null;
}

function checkIssuer(issuer: WrittenIssuer, path: Path, { source, findings, gateway }: IssuerContext): void {
  checkUrl(issuer.issuer, { at: source.at([...path, 'issuer']), findings, needsTls: true });
  if (issuer.jwks !== undefined) {
    checkUrl(issuer.jwks, { at: source.at([...path, 'jwks']), findings, needsTls: true });
  }
  if (gateway === null || issuer.audience === `${gateway.url}/mcp`) return;
  findings.warning('GH077', source.at([...path, 'audience']), {
    message: `clients ask for tokens made out to ${gateway.url}/mcp, found another audience`,
    hint: 'keep it only if the issuer cannot make tokens out to that address',
  });
}
