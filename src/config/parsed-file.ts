import { createFindings } from './findings.ts';
import { parseJson } from './json-source.ts';
import { parse } from './parse.ts';
import { findPastedSecrets } from './pasted-secret.ts';
import type { Problem } from './problem.ts';
import type { ReadFile } from './read.ts';
import { type ReviewedLock, readReviewedLock } from './reviewed-lock.ts';
import { createShapeCheck, type Shaped } from './shape.ts';

/** What one file says, whatever the others say. */
export interface ParsedFile extends Pick<ReadFile, 'name' | 'kind'> {
  /** A lock with nothing wrong in it has no need of places; of any other file its shape, null when it has none. */
  readonly content: Shaped | ReviewedLock | null;
  /** Why it has none. */
  readonly syntax: readonly Problem[];
  /** What is wrong with its shape. */
  readonly complaints: readonly Problem[];
}

const shapeChecks = {
  gateway: createShapeCheck('gateway'),
  policy: createShapeCheck('policy'),
  lock: createShapeCheck('lock'),
} as const;

/** Parses a file and compares it with its schema. Never throws for a file; equal files of one name say the same. */
export function parseFile({ name, kind, bytes }: ReadFile): ParsedFile {
  const lock = kind === 'lock' ? readReviewedLock(name, bytes) : null;
  if (lock !== null) return { name, kind, content: lock, syntax: [], complaints: [] };
  const { source, problems: syntax } = (kind === 'lock' ? parseJson : parse)(name, bytes);
  if (source === null) return { name, kind, content: null, syntax, complaints: [] };
  const findings = createFindings();
  const content = shapeChecks[kind](source, findings);
  findPastedSecrets(source, findings.problems, findings);
  return { name, kind, content, syntax, complaints: findings.problems };
}
