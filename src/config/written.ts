import type { AnchorPlace, ContentMode } from './audit-settings.ts';
import type { ToolClass } from './configuration.ts';

/** The files as they are written, once their schema has accepted them; the linked form is in `configuration.ts`. */
export interface WrittenGateway {
  readonly gateway: WrittenSettings;
  readonly identity?: WrittenIdentity | null;
  readonly audit?: WrittenAudit | null;
  readonly limits?: Readonly<Record<string, number>> | null;
  readonly require?: WrittenRequire | null;
  readonly owners?: Readonly<Record<string, OneOrMore>> | null;
  readonly servers?: Readonly<Record<string, WrittenServer>> | null;
}

/** Grants that reach tools of the class, or worse ones, must have the key. */
export type WrittenRequire = { readonly [K in 'why' | 'ticket' | 'expires']?: ToolClass } & {
  readonly owner?: boolean;
};

export interface WrittenSettings {
  readonly name: string;
  readonly environment?: string;
  readonly url?: string;
  readonly owner?: string;
  readonly listen?: string;
  readonly admin_listen?: string;
  readonly policies?: string;
  readonly lock?: 'strict' | 'warn' | 'off';
  readonly allowed_hosts?: readonly string[];
  readonly allowed_origins?: readonly string[];
  readonly trusted_proxies?: readonly string[];
}

export interface WrittenIdentity {
  readonly issuers?: readonly WrittenIssuer[];
  readonly local?: { readonly user: string; readonly groups?: readonly string[] };
}

export interface WrittenIssuer {
  readonly issuer: string;
  readonly audience: string;
  readonly algorithms: readonly string[];
  readonly jwks?: string;
  readonly claims?: { readonly user?: string; readonly groups?: string };
}

export interface WrittenAudit {
  readonly dir?: string;
  readonly keys?: string;
  readonly reports?: string;
  readonly durability?: 'sync' | 'flush';
  readonly attempts?: 'writes' | 'all' | 'off';
  readonly on_failure?: 'deny' | 'allow';
  readonly arguments?: ContentMode;
  readonly results?: ContentMode;
  readonly redact?: readonly WrittenRedaction[];
  readonly anchor?: readonly AnchorPlace[];
  readonly rotate_bytes?: number;
  readonly retention_days?: number;
}

export interface WrittenRedaction {
  readonly tools: OneOrMore;
  readonly class?: ToolClass;
  readonly arguments?: ContentMode;
  readonly results?: ContentMode;
  readonly mask?: OneOrMore;
  readonly detectors?: 'on' | 'off';
  readonly label?: 'pii' | 'phi' | 'secret';
}

export interface WrittenServer {
  readonly url?: string;
  readonly command?: readonly [string, ...string[]];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly auth?: 'none' | { readonly bearer: string } | { readonly headers: Readonly<Record<string, string>> };
  readonly mode?: 'shared';
  readonly prefix?: string;
  readonly timeout?: string;
  readonly protocol?: 'auto' | 'modern' | 'legacy';
  readonly transport?: 'auto' | 'http' | 'sse' | 'stdio';
  readonly class?: { readonly [K in 'read' | 'write' | 'destructive']?: OneOrMore };
  readonly description?: string;
  readonly owner?: string;
}

/** One text or a list of them. */
export type OneOrMore = string | readonly string[];

export interface WrittenPolicy {
  readonly groups?: Readonly<Record<string, WrittenGroup>> | null;
  readonly roles?: Readonly<Record<string, WrittenRole>> | null;
  readonly robots?: Readonly<Record<string, WrittenRobot>> | null;
  readonly grants?: readonly WrittenGrant[] | null;
  readonly guardrails?: Readonly<Record<string, WrittenGuardrail>> | null;
  readonly revoked?: readonly WrittenRevocation[] | null;
}

export interface WrittenLock {
  readonly server: string;
  readonly tools: readonly WrittenLockedTool[];
}

export interface WrittenLockedTool {
  readonly name: string;
  readonly class: ToolClass;
  readonly sha256: string;
  readonly definition: Readonly<Record<string, unknown>>;
}

export interface WrittenGroup {
  readonly claim?: OneOrMore;
  readonly members?: readonly string[];
}

export interface WrittenRole {
  readonly description?: string;
  readonly includes?: readonly string[];
  readonly allow?: readonly WrittenRule[];
}

/** Exactly one of the five says what is reached. */
export type WrittenRule = {
  readonly [K in 'read' | 'write' | 'any' | 'prompts' | 'resources']?: OneOrMore;
} & WrittenCondition;

export interface WrittenCondition {
  readonly args?: Readonly<Record<string, unknown>>;
  readonly when?: string;
}

export interface WrittenRobot {
  readonly owner: string;
  readonly keys?: readonly { readonly id: string; readonly sha256: string; readonly expires?: string }[];
  readonly oidc?: { readonly issuer: string; readonly subject: string };
}

export interface WrittenGrant {
  readonly to: string;
  readonly roles: readonly string[];
  readonly starts?: string;
  readonly expires?: string;
  readonly why?: string;
  readonly ticket?: string;
  readonly environments?: readonly string[];
}

export interface WrittenGuardrail extends WrittenCondition {
  readonly deny?: OneOrMore;
  readonly prompts?: OneOrMore;
  readonly resources?: OneOrMore;
  readonly class?: ToolClass;
  readonly to?: OneOrMore;
  readonly except?: OneOrMore;
}

/** Exactly one of the four names what is revoked. */
export type WrittenRevocation = { readonly [K in 'user' | 'sub' | 'jti' | 'key']?: string } & {
  readonly since?: string;
};
