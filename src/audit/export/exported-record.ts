/** A line of the log, parsed; these fields are in every record. */
export interface ExportedRecord {
  readonly [field: string]: unknown;
  readonly seq: number;
  readonly ts: string;
  readonly ev: string;
  readonly writer: string;
}

const TIME = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.(\d{6})Z$/;

/** Null for a line that is no record. */
export function parseRecord(line: Buffer): ExportedRecord | null {
  try {
    const { seq, ts, ev, writer, ...fields }: Record<string, unknown> = JSON.parse(line.toString());
    if (typeof seq !== 'number' || typeof ev !== 'string' || typeof writer !== 'string') return null;
    return typeof ts === 'string' && TIME.test(ts) ? { ...fields, seq, ts, ev, writer } : null;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return null;
    throw error;
  }
}

/** When it happened, in microseconds since 1970. */
export function microseconds({ ts }: ExportedRecord): number {
  const [, second, fraction] = TIME.exec(ts) ?? [];
  return Date.parse(`${second}Z`) * 1000 + Number(fraction);
}

export function textOf(record: ExportedRecord, field: string): string | undefined {
  const value = record[field];
  return typeof value === 'string' ? value : undefined;
}

export function numberOf(record: ExportedRecord, field: string): number | undefined {
  const value = record[field];
  return typeof value === 'number' ? value : undefined;
}

/** The fields that are not among these. */
export function rest(record: ExportedRecord, mapped: ReadonlySet<string>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(record).filter(([name]) => !mapped.has(name)));
}
