import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, type GenerateKeyPairResult, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose';

export interface TestKey extends GenerateKeyPairResult {
  readonly kid: string;
  readonly alg: string;
}

/** An OpenID provider on a real socket: discovery, key set, and a handle on everything that can go wrong with them. */
export interface TestIssuer {
  readonly url: string;
  /** The key `sign` uses. */
  key: TestKey;
  /** What the key set holds. */
  published: unknown[];
  /** Takes a request over, for faults; null answers as usual. */
  respond: ((request: IncomingMessage, response: ServerResponse) => void) | null;
  /** Paths asked for so far. */
  readonly asked: string[];
  sign(claims: JWTPayload, header?: { readonly kid?: string }): Promise<string>;
  /** Publishes a new key beside the old ones and signs with it. */
  rotate(): Promise<void>;
  close(): void;
}

export async function newKey(kid: string, alg = 'ES256'): Promise<TestKey> {
  return { ...(await generateKeyPair(alg, { extractable: true })), kid, alg };
}

export async function publicJwk({ publicKey, kid, alg }: TestKey): Promise<JWK> {
  return { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' };
}

export async function startIssuer(): Promise<TestIssuer> {
  const key = await newKey('k1');
  const server = createServer((request, response) => {
    issuer.asked.push(request.url ?? '');
    if (issuer.respond !== null) return issuer.respond(request, response);
    response.setHeader('content-type', 'application/json');
    const metadata = { issuer: issuer.url, jwks_uri: `${issuer.url}/keys` };
    response.end(JSON.stringify(request.url === '/keys' ? { keys: issuer.published } : metadata));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const issuer: TestIssuer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    key,
    published: [await publicJwk(key)],
    respond: null,
    asked: [],
    sign: (claims, header) =>
      new SignJWT(claims)
        .setProtectedHeader({ alg: issuer.key.alg, kid: issuer.key.kid, ...header })
        .sign(issuer.key.privateKey),
    rotate: async () => {
      issuer.key = await newKey(`k${issuer.published.length + 1}`);
      issuer.published.push(await publicJwk(issuer.key));
    },
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
  return issuer;
}
