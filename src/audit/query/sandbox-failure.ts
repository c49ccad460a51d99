import type { Failure } from './sandbox-messages.ts';
import { LogDamaged } from './sandbox-query.ts';
import { CellTooLong } from './sandbox-teller.ts';
import { StatementRefused } from './statement-gate.ts';

/** DuckDB begins its messages with the kind of error. */
const DUCKDB = /^([A-Z][\w ]*) Error: /;
const KINDS: Readonly<Record<string, Failure>> = {
  INTERRUPT: 'interrupted',
  'Out of Memory': 'memory',
  INTERNAL: 'crashed',
  FATAL: 'crashed',
};

/** What to tell of an error within the process that runs statements. A defect of ours ends as `crashed`. */
export function failureOf(error: unknown): { readonly failure: Failure; readonly message: string } {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof StatementRefused) return { failure: 'refused', message };
  if (error instanceof LogDamaged) return { failure: 'damaged', message };
  if (error instanceof CellTooLong) return { failure: 'memory', message };
  const [, kind] = DUCKDB.exec(message) ?? [];
  return { failure: kind === undefined ? 'crashed' : (KINDS[kind] ?? 'sql'), message };
}
