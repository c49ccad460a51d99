import type { AnswerColumn, Row } from '../answer/answer.ts';

/** What is told to the process that runs statements. */
export type ToSandbox =
  | { readonly kind: 'ask'; readonly task: QueryTask }
  | { readonly kind: 'convert'; readonly task: ConvertTask }
  | { readonly kind: 'archive'; readonly task: ArchiveTask }
  /** The rows were taken: `more` asks for the next, `count` only for how many there are. */
  | { readonly kind: 'more' }
  | { readonly kind: 'count' }
  | { readonly kind: 'interrupt' };

/** What it tells. After `end` and `failed` it is ready for the next task. */
export type FromSandbox =
  | { readonly kind: 'columns'; readonly columns: readonly AnswerColumn[] }
  | { readonly kind: 'rows'; readonly rows: readonly Row[] }
  | { readonly kind: 'pulse'; readonly done: number; readonly residentBytes: number }
  | ({ readonly kind: 'end' } & Ended)
  | { readonly kind: 'failed'; readonly failure: Failure; readonly message: string };

/** A question and everything it may touch. */
export interface QueryTask {
  readonly sql: string;
  readonly files: readonly ReadFile[];
  /** Real paths of Parquet files, read beside them. */
  readonly archives: readonly string[];
  /** Of those, only the records of these writers; null for all. */
  readonly writers: readonly string[] | null;
  /** ISO 8601 in UTC, or null for no bound. */
  readonly since: string | null;
  readonly until: string | null;
  /** Refuse to leave out lines of finished files. */
  readonly strict: boolean;
  readonly brought: Brought;
  readonly resources: Resources;
}

/** What a statement may use besides the log. */
export interface Brought {
  /** For each `$name` in the statement its value, bound and never part of the text. */
  readonly values: readonly BoundValue[];
  readonly tables: readonly BroughtTable[];
}

export interface BoundValue {
  readonly name: string;
  readonly value: string | number;
}

/** Rows the tool itself wrote as JSON lines; they are read before the files are locked away. */
export interface BroughtTable {
  /** Lower-case letters, digits and `_`. */
  readonly name: string;
  /** Names and DuckDB types. */
  readonly columns: readonly (readonly [string, string])[];
  readonly path: string;
}

/** A trusted task: rows the tool itself wrote as JSON lines become a Parquet file. */
export interface ConvertTask {
  readonly from: string;
  readonly to: string;
  /** Names and DuckDB types. */
  readonly columns: readonly (readonly [string, string])[];
  readonly resources: Resources;
}

/** A trusted task: the records of these files become a Parquet file. */
export interface ArchiveTask {
  /** `live` here means: without the lines that are no records. */
  readonly files: readonly ReadFile[];
  readonly to: string;
  /** What the file says of itself; keys are plain words. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly resources: Resources;
}

export interface Resources {
  readonly memoryBytes: number;
  /** A folder of this process alone, where what does not fit into memory goes. */
  readonly spillDir: string;
}

export interface ReadFile {
  /** Real path: no link is followed after it was looked at. */
  readonly path: string;
  /** May be being written: an unfinished line is no damage. */
  readonly live: boolean;
  /** The file of the log that this is a copy of; absent of the log's own. */
  readonly original?: string;
}

export interface Ended {
  /** Of the whole answer, taken or only counted. */
  readonly rows: number;
  /** Files that hold lines which are no records, with how many; they are not in the answer. */
  readonly unreadable: readonly UnreadableLines[];
}

export interface UnreadableLines {
  readonly file: string;
  /** 0 when every line is a record, but some field is not of its type and was read as NULL. */
  readonly lines: number;
  readonly live: boolean;
}

export type Failure =
  /** The statement is not one the gate lets through. */
  | 'refused'
  /** DuckDB's error about the statement or a value. */
  | 'sql'
  /** Finished files hold unreadable lines, and the question said `strict`. */
  | 'damaged'
  | 'memory'
  | 'timeout'
  | 'interrupted'
  /** The process ended by itself. */
  | 'crashed';
