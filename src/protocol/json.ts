/**
 * Reading JSON without losing a byte. The scanner checks the whole text once and records where values stand, so
 * that arguments and results can be forwarded as they came: re-serialising changes large integers and `1e400`.
 */

/** A value's place in the text, end exclusive, without surrounding white space. */
export interface JsonValue {
  readonly kind: 'object' | 'array' | 'string' | 'number' | 'true' | 'false' | 'null';
  readonly start: number;
  readonly end: number;
  /** Members in source order, for objects nearer to the root than `ScanOptions.membersDepth`; else null. */
  readonly members: readonly JsonMember[] | null;
}

export interface JsonMember {
  /** Decoded. */
  readonly key: string;
  /** Where the quoted key starts; the member's raw text runs from here to `value.end`. */
  readonly start: number;
  readonly value: JsonValue;
}

export interface ScanOptions {
  /** Containers nested deeper than this are refused. */
  readonly depthMax: number;
  /** Objects at depth 1 (the root) to this depth have their members recorded. */
  readonly membersDepth: number;
  /** Refuse an object that names a key twice, at any depth. */
  readonly uniqueKeys: boolean;
}

export type Scan =
  | { readonly ok: true; readonly root: JsonValue }
  | {
      readonly ok: false;
      readonly reason: 'encoding' | 'syntax' | 'depth' | 'duplicate-key';
      /** Byte offset of the offending byte. */
      readonly offset: number;
      readonly message: string;
    };
