import type { ParseArgsConfig } from 'node:util';

/** One command of the tree; its file is named after its words (`audit-verify.ts` is `gatehouse audit verify`). */
export interface Command {
  readonly words: readonly string[];
  /** One line for the parent's `--help`. */
  readonly summary: string;
  /** The whole `--help` text: usage line, what it does, options, examples, exit codes; at most 80 columns. */
  readonly help: string;
  /** Options as `node:util` parseArgs takes them; `--help` is added for all. */
  readonly options: NonNullable<ParseArgsConfig['options']>;
  /** The exit code for a usage mistake where 2 means something else; default 2. */
  readonly couldNotRun?: number;
  /** Resolves to the exit code: 0 fine, 1 found something, 2 could not run. */
  run(input: CommandInput, io: Io): Promise<number>;
}

export interface CommandInput {
  readonly values: Readonly<Record<string, string | boolean | readonly (string | boolean)[] | undefined>>;
  readonly positionals: readonly string[];
}

/** Everything a command may touch of the terminal. */
export interface Io {
  out(text: string): void;
  err(text: string): void;
  readonly cwd: string;
  /** The process's environment. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly isTty: boolean;
  readonly columns: number;
  readonly color: boolean;
}

/** A user's mistake on the command line: printed as it is, without a stack, exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
