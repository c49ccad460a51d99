import type { SecretReference, Server } from '../config/configuration.ts';
import type { Credential } from '../upstream/connection.ts';
import { type Environment, resolveReference, written } from './references.ts';

export interface Credentials {
  /** What to present to a server, read anew each time; `missing` names the reference that gave nothing. */
  credentialFor(server: Server): Promise<Credential>;
}

export interface CredentialParts {
  readonly env: Environment;
}

/** Turns the references in a server's entry into headers, or into variables for the process it runs in. */
export function createCredentials({ env }: CredentialParts): Credentials {
  return { credentialFor };

  async function credentialFor(server: Server): Promise<Credential> {
    const headers = await reveal(headersOf(server), { fits: isHeaderValue, where: 'a header' });
    if (headers.kind === 'missing') return headers;
    const variables = await reveal(variablesOf(server), { fits: isVariable, where: 'an environment variable' });
    if (variables.kind === 'missing') return variables;
    return { kind: 'ready', headers: headers.values, env: variables.values };
  }

  async function reveal(slots: readonly Slot[], rule: Rule): Promise<Revealed> {
    const values: [string, string][] = [];
    for (const { name, reference, prefix } of slots) {
      const found = await resolveReference(reference, env);
      if (found.kind === 'missing') return found;
      const value = prefix + found.secret.reveal();
      if (!rule.fits(value)) {
        return { kind: 'missing', detail: `${written(reference)} holds a character that ${rule.where} cannot carry` };
      }
      values.push([name, value]);
    }
    return { kind: 'revealed', values: Object.fromEntries(values) };
  }
}

/** Where a secret goes. */
interface Slot {
  readonly name: string;
  readonly prefix: string;
  readonly reference: SecretReference;
}

interface Rule {
  readonly fits: (value: string) => boolean;
  readonly where: string;
}

type Revealed =
  | { readonly kind: 'revealed'; readonly values: Readonly<Record<string, string>> }
  | Extract<Credential, { kind: 'missing' }>;

function headersOf({ auth }: Server): readonly Slot[] {
  switch (auth.kind) {
    case 'none':
      return [];
    case 'bearer':
      return [{ name: 'authorization', prefix: 'Bearer ', reference: auth.token }];
    case 'headers':
      return Object.entries(auth.headers).map(([name, reference]) => ({ name, prefix: '', reference }));
    default:
      return auth satisfies never;
  }
}

/** Only the references: what is written out in the file is no credential. */
function variablesOf({ reach }: Server): readonly Slot[] {
  if (reach.kind !== 'stdio') return [];
  return Object.entries(reach.env).flatMap(([name, reference]) =>
    typeof reference === 'string' ? [] : [{ name, prefix: '', reference }],
  );
}

/** Visible characters, blanks and tabs (RFC 9110 section 5.5): a line break would start another header. */
function isHeaderValue(value: string): boolean {
  return /^[\t\x20-\x7e\x80-\xff]*$/.test(value);
}

function isVariable(value: string): boolean {
  return !value.includes('\0');
}
