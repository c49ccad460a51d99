import type { IncomingMessage } from 'node:http';
import type { GatewaySettings } from '../config/configuration.ts';
import { hostIsLoopback, isLoopback } from '../http/request.ts';
import type { Proof } from '../identity/identity.ts';
import type { HeaderLookup } from '../protocol/header-params.ts';

/** Request headers by lower-case name. Those that may not be repeated have been checked before. */
export function lookupIn(req: IncomingMessage): HeaderLookup {
  return (name) => {
    const value = req.headers[name];
    return typeof value === 'string' ? value : null;
  };
}

/** Headers a proxy adds: a request that came through one is not from this machine's own user. */
const forwardingHeaders = ['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip'];

export function proofOf(req: IncomingMessage): Proof {
  const direct = forwardingHeaders.every((name) => req.headers[name] === undefined);
  const loopback = direct && isLoopback(req.socket.remoteAddress ?? '') && hostIsLoopback(req.headers.host ?? '');
  return { authorization: req.headers.authorization ?? null, loopback };
}

const remembered = new WeakMap<GatewaySettings, readonly string[]>();

/** Host values accepted: the public one, those configured, and the loopback names on a loopback listener. */
export function hostsOf(gateway: GatewaySettings): readonly string[] {
  const known = remembered.get(gateway);
  if (known !== undefined) return known;
  const { host, port } = gateway.listen;
  const own = isLoopback(host) ? ['localhost', '127.0.0.1', '[::1]'] : [host];
  const hosts = [
    new URL(gateway.url).host,
    ...gateway.allowedHosts,
    ...own.flatMap((name) => [name, `${name}:${port}`]),
  ];
  remembered.set(gateway, hosts);
  return hosts;
}
