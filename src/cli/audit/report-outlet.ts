import { access, writeFile } from 'node:fs/promises';
import type { AnswerColumn, Row } from '../../audit/answer/answer.ts';
import type { SandboxLimits } from '../../audit/query/sandbox.ts';
import type { Completeness } from '../../audit/report/completeness.ts';
import { completenessText } from '../../audit/report/completeness-text.ts';
import type { Report } from '../../audit/report/report.ts';
import { reportText, WHOLE_FORMATS, type WholeFormat } from '../../audit/report/text.ts';
import { type Io, UsageError } from '../command.ts';
import { type AnswerOutlet, type Format, openOutlet } from './outlet.ts';

/** Where a report goes. */
export interface ReportOutlet {
  readonly outlet: AnswerOutlet;
  /** Once all rows are told: what they rest on. */
  complete(completeness: Completeness): Promise<void>;
}

export interface ReportOutletParts {
  readonly report: Report;
  readonly format: Format;
  /** Path of a new file; null for the terminal or pipe. */
  readonly out: string | null;
  readonly io: Io;
  readonly limits: SandboxLimits;
}

/** A report in one piece has no more rows. */
const ROWS_MAX = 100_000;

/** Throws `UsageError` when a file cannot be begun. */
export async function openReportOutlet(parts: ReportOutletParts): Promise<ReportOutlet> {
  const { format, out } = parts;
  if (out !== null) await refuseOld(out);
  const whole = WHOLE_FORMATS.find((one) => one === format);
  return whole === undefined ? rowsAlone(parts) : inOnePiece(parts, whole);
}

/** What the rows rest on stands beside them: in a file of its own, or on stderr. */
async function rowsAlone({ report, format, out, io, limits }: ReportOutletParts): Promise<ReportOutlet> {
  const beside = out === null ? null : `${out}.completeness.json`;
  if (beside !== null) await refuseOld(beside);
  const outlet = await openOutlet({ format, out, sql: report.sql, io, limits });
  return {
    outlet,
    complete: async (completeness) => {
      if (beside === null) io.err(completenessText(completeness, io.isTty ? io.columns || 80 : null));
      else await writeNew(beside, `${JSON.stringify(completeness, null, 2)}\n`);
    },
  };
}

function inOnePiece({ report, out, io }: ReportOutletParts, format: WholeFormat): ReportOutlet {
  let columns: readonly AnswerColumn[] = [];
  const rows: Row[] = [];
  return {
    outlet: {
      columns: (told) => {
        columns = told;
      },
      rows: async (some) => {
        rows.push(...some);
        return rows.length <= ROWS_MAX;
      },
      finish: async (count) => {
        if (count <= ROWS_MAX) return;
        throw new UsageError(
          `the report has ${count} rows, and as ${format} at most ${ROWS_MAX}: say --format csv, jsonl or parquet, or narrow it with --since`,
        );
      },
      discard: async () => undefined,
    },
    complete: async (completeness) => {
      const width = out === null && io.isTty ? io.columns || 80 : null;
      const text = reportText(format, { report, columns, rows, completeness }, width);
      if (out === null) io.out(text);
      else await writeNew(out, text);
    },
  };
}

async function refuseOld(path: string): Promise<void> {
  const isThere = await access(path).then(
    () => true,
    () => false,
  );
  if (isThere) throw new UsageError(`${path} is there already: name a new file`);
}

async function writeNew(path: string, text: string): Promise<void> {
  await writeFile(path, text, { mode: 0o600, flag: 'wx' }).catch((cause: NodeJS.ErrnoException) => {
    throw new UsageError(`${path} cannot be made: ${cause.message}`, { cause });
  });
}
