import type { Configuration } from '../config/configuration.ts';

/** Where the protected-resource metadata is served: beside the endpoint's path and at the root (RFC 9728 section 3.1). */
export function metadataPaths(url: string): readonly string[] {
  return [...new Set([new URL(metadataUrl(url)).pathname, wellKnown])];
}

/**
 * The `WWW-Authenticate` value of a 401 (RFC 6750 section 3, RFC 9728 section 5.1), made of the configuration alone:
 * nothing a client or a provider said gets into a header. `presented`: a credential came and was refused.
 */
export function challenge(url: string, presented: boolean): string {
  const pointer = `Bearer resource_metadata="${metadataUrl(url)}"`;
  return presented ? `${pointer}, error="invalid_token"` : pointer;
}

/** RFC 9728 section 2. */
export interface ProtectedResourceMetadata {
  readonly resource: string;
  readonly resource_name: string;
  readonly bearer_methods_supported: readonly ['header'];
  /** Absent where no issuer is configured. */
  readonly authorization_servers?: readonly string[];
}

export function protectedResourceMetadata({
  gateway,
  identity,
}: Pick<Configuration, 'gateway' | 'identity'>): ProtectedResourceMetadata {
  const issuers = [...new Set(identity.issuers.map(({ issuer }) => issuer))];
  return {
    resource: `${gateway.url}/mcp`,
    resource_name: gateway.name,
    bearer_methods_supported: ['header'],
    ...(issuers.length > 0 && { authorization_servers: issuers }),
  };
}

const wellKnown = '/.well-known/oauth-protected-resource';

function metadataUrl(url: string): string {
  const { origin, pathname } = new URL(`${url}/mcp`);
  return origin + wellKnown + pathname;
}
