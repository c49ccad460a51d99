import { after } from 'node:test';
import type { AnswerColumn, Row } from '../../../src/audit/answer/answer.ts';
import { type Basis, type Question, query } from '../../../src/audit/query/query.ts';
import { createSandbox, type Sandbox, type SandboxLimits } from '../../../src/audit/query/sandbox.ts';

/** An answer in one piece. */
export interface Answer extends Omit<Basis, 'rows' | 'files'> {
  readonly columns: readonly AnswerColumn[];
  readonly rows: readonly Row[];
  /** Files read. */
  readonly files: number;
}

/** Asks a sandbox of this test file's own. */
export type Ask = (
  dir: string | readonly string[],
  sql: string,
  more?: Partial<Omit<Question, 'dirs' | 'sql'>>,
) => Promise<Answer>;

/** Ends with the test file. */
export function openSandbox(limits: Partial<SandboxLimits> = {}): Sandbox {
  const sandbox = createSandbox({ timeoutMs: 30_000, memoryBytes: 512 * 1024 * 1024, ...limits });
  after(() => sandbox.close());
  return sandbox;
}

export function createAsk(sandbox: Sandbox = openSandbox()): Ask {
  return async (dir, sql, more = {}) => {
    let columns: readonly AnswerColumn[] = [];
    const rows: Row[] = [];
    const sink = {
      columns: (told: readonly AnswerColumn[]) => {
        columns = told;
      },
      rows: (told: readonly Row[]) => rows.push(...told) > 0,
      progress: () => undefined,
    };
    const question = { since: null, until: null, writers: [], strict: false, ...more };
    const dirs = typeof dir === 'string' ? [dir] : dir;
    const basis = await query(sandbox, { ...question, dirs, sql }, { sink });
    return { ...basis, columns, rows, files: basis.files.length };
  };
}
