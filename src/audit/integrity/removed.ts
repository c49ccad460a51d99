/**
 * A file that retention took away, as its `audit.retention` record tells it: enough to go on checking the chain after
 * the gap.
 */
export interface RemovedFile {
  /** As the writer named it. */
  readonly name: string;
  /** SHA-256 of its bytes as they were written, base64url. */
  readonly sha256: string;
  /** `seq` and hash of its last record; those of the file before when it held none. */
  readonly seq: number;
  readonly head: string;
}

/** The files that a record tells of; any other record tells of none. */
export function removedIn(ev: string, { files }: Readonly<Record<string, unknown>>): readonly RemovedFile[] {
  if (ev !== 'audit.retention' || !Array.isArray(files)) return [];
  return files.filter(isRemovedFile);
}

function isRemovedFile(value: unknown): value is RemovedFile {
  if (typeof value !== 'object' || value === null) return false;
  const { name, sha256, seq, head }: Partial<Record<keyof RemovedFile, unknown>> = value;
  return [name, sha256, head].every((text) => typeof text === 'string') && typeof seq === 'number';
}
