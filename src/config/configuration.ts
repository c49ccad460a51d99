import type { AuditSettings } from './audit-settings.ts';
import type { Place } from './problem.ts';

/** Everything the files say, linked and frozen. It holds references to secrets, never a secret. */
export interface Configuration {
  /** First 16 hex digits of a SHA-256 over the relative path and bytes of every file read. */
  readonly hash: string;
  /** Commit of the working tree the files were read from (40 hex), or null outside git. */
  readonly git: string | null;
  readonly gateway: GatewaySettings;
  readonly identity: IdentitySettings;
  readonly audit: AuditSettings;
  readonly limits: Limits;
  readonly servers: ReadonlyMap<string, Server>;
  readonly policy: Policy;
  readonly owners: Owners;
  /** The reviewed tools of each server that has a file in `policies/lock/`. */
  readonly locks: ReadonlyMap<string, ServerLock>;
}

/** Who is asked to review what. */
export interface Owners {
  /** The owner of the configuration and policy files; empty when nobody is named. */
  readonly gateway: string;
  /** What each owner is called in CODEOWNERS; empty without the section, and owners are then any text. */
  readonly handles: ReadonlyMap<string, readonly string[]>;
}

export interface Address {
  readonly host: string;
  readonly port: number;
}

export interface GatewaySettings {
  readonly name: string;
  readonly environment: string;
  /** Public base URL without trailing slash; `<url>/mcp` is the resource identifier and token audience. */
  readonly url: string;
  readonly listen: Address;
  readonly adminListen: Address;
  /** What becomes of a tool that is not in the lock, or not as it is there: hidden, served and told of, or served. */
  readonly lock: 'strict' | 'warn' | 'off';
  /** Host header values accepted besides those of `url` and, on a loopback listener, the loopback names. */
  readonly allowedHosts: readonly string[];
  /** Origin header values accepted; empty refuses every request that carries one. */
  readonly allowedOrigins: readonly string[];
  /** Peer addresses whose X-Forwarded-For is believed. */
  readonly trustedProxies: readonly string[];
}

export interface IdentitySettings {
  readonly issuers: readonly Issuer[];
  /** The identity of every caller on a loopback listener that presents no credential; null refuses them. */
  readonly local: LocalIdentity | null;
}

export interface Issuer {
  readonly issuer: string;
  readonly audience: string;
  readonly algorithms: readonly string[];
  /** Key set address; null finds it through the issuer's discovery document. */
  readonly jwks: string | null;
  readonly claims: { readonly user: string; readonly groups: string };
}

export interface LocalIdentity {
  readonly user: string;
  readonly groups: readonly string[];
}

/** Every bound of the gateway, in one place; `config/limits.ts` holds names in YAML, defaults and meanings. */
export interface Limits {
  readonly bodyBytesMax: number;
  readonly jsonDepthMax: number;
  readonly resultBytesMax: number;
  readonly connectionsMax: number;
  readonly callsPerPrincipalMax: number;
  readonly sessionsMax: number;
  readonly sessionsPerPrincipalMax: number;
  readonly sessionIdleMs: number;
  readonly streamsPerPrincipalMax: number;
  readonly streamBufferBytesMax: number;
  readonly toolsPerServerMax: number;
  readonly listPagesMax: number;
  readonly listPageTools: number;
  readonly listTtlMs: number;
  readonly discoveryWaitMs: number;
  readonly historyWaitMs: number;
  readonly callsPerServerMax: number;
  readonly auditQueueMax: number;
  readonly auditReserveBytes: number;
  readonly auditSpaceLowBytes: number;
  readonly auditSpaceScarceBytes: number;
  readonly authFailuresPerSecondMax: number;
  readonly drainMs: number;
}

export type SecretReference =
  | { readonly kind: 'env'; readonly name: string; readonly at: Place }
  | { readonly kind: 'file'; readonly path: string; readonly at: Place };

export interface Server {
  readonly name: string;
  readonly description: string;
  readonly owner: string;
  /** What exposed names begin with, before `_`; empty exposes the tools under their own names. */
  readonly prefix: string;
  readonly mode: 'shared';
  /** A call is given up after this many milliseconds. */
  readonly timeoutMs: number;
  readonly protocol: 'auto' | 'modern' | 'legacy';
  readonly reach: Reach;
  readonly auth: ServerAuth;
  /** Tool name globs by class, overriding the server's own annotations. */
  readonly classes: Readonly<Record<ToolClass, readonly string[]>>;
  /** SHA-256 of the name and of all a connection needs; equal means that it, and what it told, can be kept. */
  readonly fingerprint: string;
  readonly at: Place;
}

export type Reach =
  | { readonly kind: 'http'; readonly transport: 'auto' | 'http' | 'sse'; readonly url: string }
  | {
      readonly kind: 'stdio';
      readonly command: readonly [string, ...string[]];
      readonly env: Readonly<Record<string, string | SecretReference>>;
      /** Absolute path. */
      readonly cwd: string;
    };

export type ServerAuth =
  | { readonly kind: 'none' }
  | { readonly kind: 'bearer'; readonly token: SecretReference }
  | { readonly kind: 'headers'; readonly headers: Readonly<Record<string, SecretReference>> };

/** What a tool may do, from least to most: a rule's verb reaches its own class and those before it. */
export type ToolClass = 'read' | 'write' | 'destructive';

export interface Policy {
  readonly groups: ReadonlyMap<string, Group>;
  readonly roles: ReadonlyMap<string, Role>;
  readonly robots: ReadonlyMap<string, Robot>;
  readonly grants: readonly Grant[];
  readonly guardrails: ReadonlyMap<string, Guardrail>;
  readonly revoked: readonly Revocation[];
}

export interface Group {
  readonly name: string;
  /** Values of the issuer's groups claim that make someone a member. */
  readonly claims: readonly string[];
  readonly members: readonly string[];
  readonly at: Place;
}

export interface Role {
  readonly name: string;
  readonly description: string;
  readonly rules: readonly Rule[];
  /** Prompts and resources it may read; `tool` is a glob over the prompt's name or the resource's URI. */
  readonly prompts: readonly Target[];
  readonly resources: readonly Target[];
  /** Roles whose rules this one has too; never in a circle. */
  readonly includes: readonly string[];
  readonly at: Place;
}

/** `read` reaches read-class tools, `write` read and write, `any` all three. */
export interface Rule {
  readonly verb: 'read' | 'write' | 'any';
  readonly targets: readonly Target[];
  /** Null allows every call; else the rule allows only calls that meet it. */
  readonly condition: Condition | null;
  readonly at: Place;
}

/** What a call must be like; every part that is there must hold, and one is. */
export interface Condition {
  /** JSON Schema (2020-12) that the arguments must meet besides the tool's own; null without. */
  readonly args: Readonly<Record<string, unknown>> | null;
  /** A CEL expression over `args`, `principal` and `now` that has been parsed and type-checked; null without. */
  readonly when: string | null;
  readonly at: Place;
}

/** `server` is a registered name or `*`; `tool` a glob where `*` is any run of characters and `?` any one. */
export interface Target {
  readonly server: string;
  readonly tool: string;
  readonly at: Place;
}

export type Subject =
  | { readonly kind: 'user'; readonly name: string }
  | { readonly kind: 'group'; readonly name: string }
  | { readonly kind: 'robot'; readonly name: string }
  | { readonly kind: 'everyone' };

/** A subject, or every robot or every person. */
export type SubjectPattern = Subject | { readonly kind: 'robots' } | { readonly kind: 'users' };

/** Takes tools away from whom `to` matches and `except` does not, whatever any grant says. */
export interface Guardrail {
  readonly name: string;
  readonly targets: readonly Target[];
  /** Prompts and resources it takes away. */
  readonly prompts: readonly Target[];
  readonly resources: readonly Target[];
  /** Only tools of this class; null for all. */
  readonly class: ToolClass | null;
  /** Null denies every call; else only calls that meet it, or for which that cannot be told. */
  readonly condition: Condition | null;
  /** Never empty: everyone when the file names nobody. */
  readonly to: readonly SubjectPattern[];
  readonly except: readonly SubjectPattern[];
  readonly at: Place;
}

/** Refuses credentials although they would prove somebody. */
export interface Revocation {
  /** `user`, `sub` and `jti` are a token's; `key` is a robot key's id. */
  readonly kind: 'user' | 'sub' | 'jti' | 'key';
  readonly value: string;
  /** Epoch milliseconds: refused from then on, whenever it was issued. Zero is always. */
  readonly since: number;
  readonly at: Place;
}

/** The reviewed tools of one server: `policies/lock/<server>.json`. */
export interface ServerLock {
  readonly server: string;
  readonly tools: ReadonlyMap<string, LockedTool>;
  readonly at: Place;
}

/** One tool as it was reviewed. */
export interface LockedTool {
  readonly name: string;
  readonly class: ToolClass;
  /** Hex SHA-256 over `gatehouse-tool-v1`, a NUL and the definition as canonical JSON (RFC 8785). */
  readonly sha256: string;
  /** The upstream's definition, parsed. */
  readonly definition: unknown;
}

export interface Grant {
  readonly to: Subject;
  readonly roles: readonly string[];
  /** Epoch milliseconds; the grant holds from `starts` on and before `expires`. Null is without bound. */
  readonly starts: number | null;
  readonly expires: number | null;
  readonly why: string;
  readonly ticket: string;
  /** Names of gateway environments; empty means every one. */
  readonly environments: readonly string[];
  readonly at: Place;
}

export interface Robot {
  readonly name: string;
  readonly owner: string;
  readonly keys: readonly RobotKey[];
  /** The workload token that proves this robot: its issuer must be one of `identity.issuers`. */
  readonly oidc: { readonly issuer: string; readonly subject: string } | null;
  readonly at: Place;
}

export interface RobotKey {
  readonly id: string;
  /** SHA-256 of the whole key, lower-case hex. */
  readonly sha256: string;
  /** Epoch milliseconds, or null. */
  readonly expires: number | null;
  readonly at: Place;
}
