import type { Target, ToolClass } from './configuration.ts';

/** The `audit:` block. */
export interface AuditSettings {
  /** Absolute path. */
  readonly dir: string;
  /** Absolute folder of the keys that make MACs and sign checkpoints. */
  readonly keys: string;
  /** `sync` waits for fdatasync before an answer leaves, `flush` for write() only. */
  readonly durability: 'sync' | 'flush';
  /** What is recorded before it is forwarded: calls of tools that may change something, every call, or none. */
  readonly attempts: 'writes' | 'all' | 'off';
  /** When a record cannot be kept: refuse what it is about, or go on and count it as lost. */
  readonly onFailure: 'deny' | 'allow';
  /** The first that matches a tool says what is kept of its calls, `otherwise` when none does. */
  readonly redactions: readonly RedactionRule[];
  readonly otherwise: Redaction;
  /** Where signed checkpoints are kept besides. */
  readonly anchors: readonly AnchorPlace[];
  /** A file is closed and the next one begun at this size, in bytes. */
  readonly rotateBytes: number;
}

/** A folder, or the folder of a checked-out repository; absolute. */
export type AnchorPlace = { readonly git: string } | { readonly dir: string };

/** Nothing but the size; a MAC of the bytes; that and the content with secrets masked; that and all of it. */
export type ContentMode = 'none' | 'hash' | 'redact' | 'full';

/** What a record keeps of a call's arguments and result. */
export interface Redaction {
  readonly arguments: ContentMode;
  readonly results: ContentMode;
  /** Under `redact`, what stands here is masked: JSON pointers (RFC 6901) by segment, where `*` is any one. */
  readonly mask: readonly (readonly string[])[];
  /** Under `redact`, also mask what looks like a secret by its name or its shape. */
  readonly detectors: boolean;
  /** What the content is, for filtering: `pii`, `phi`, `secret`; empty when the file does not say. */
  readonly label: string;
}

export interface RedactionRule extends Redaction {
  readonly targets: readonly Target[];
  /** Only tools of this class; null for all. */
  readonly class: ToolClass | null;
}
