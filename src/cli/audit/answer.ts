import { printable } from '../../audit/answer/printable.ts';
import { NoLog } from '../../audit/files/log-files.ts';
import { type Basis, type Question, query } from '../../audit/query/query.ts';
import { QueryFailed, type Sandbox } from '../../audit/query/sandbox.ts';
import { viewsSentence } from '../../audit/query/views.ts';
import type { Io } from '../command.ts';
import type { AnswerOutlet } from './outlet.ts';
import { createProgress } from './progress.ts';

export interface Asking {
  readonly sandbox: Sandbox;
  readonly question: Question;
  readonly outlet: AnswerOutlet;
  readonly io: Io;
  /** What messages begin with. */
  readonly command: string;
  /** Whose `SIGINT` stops the statement; a second one ends its process at once. */
  readonly interrupts: Pick<NodeJS.EventEmitter, 'on' | 'off'>;
}

/** How a question ended, for the exit code and the record of it. */
export type Asked =
  | { readonly kind: 'answered'; readonly basis: Basis }
  | { readonly kind: 'interrupted' }
  | { readonly kind: 'failed'; readonly error: QueryFailed | NoLog };

const MESSAGE_CHARS_MAX = 2_000;

/** Puts one question; prints the answer, and on stderr what is to be known about it. */
export async function putQuestion({ sandbox, question, outlet, io, command, interrupts }: Asking): Promise<Asked> {
  const progress = createProgress(process.stderr, Date.now);
  const interruption = new AbortController();
  const onInterrupt = (): void => {
    if (interruption.signal.aborted) void sandbox.close();
    interruption.abort();
  };
  interrupts.on('SIGINT', onInterrupt);
  try {
    const sink = {
      columns: outlet.columns,
      rows: (rows: Parameters<AnswerOutlet['rows']>[0]) => {
        progress.clear();
        return outlet.rows(rows);
      },
      progress: progress.update,
    };
    const basis = await query(sandbox, question, { sink, signal: interruption.signal });
    progress.clear();
    await outlet.finish(basis.rows, interruption.signal);
    for (const note of notesOn(basis)) io.err(`${command}: ${note}\n`);
    return { kind: 'answered', basis };
  } catch (error) {
    progress.clear();
    await outlet.discard();
    if (!(error instanceof QueryFailed || error instanceof NoLog)) throw error;
    const stopped = error instanceof QueryFailed && error.code === 'interrupted';
    io.err(`${command}: ${explain(error)}\n`);
    return stopped ? { kind: 'interrupted' } : { kind: 'failed', error };
  } finally {
    interrupts.off('SIGINT', onInterrupt);
  }
}

/** 0 answered, 2 could not, 3 answered, but finished files hold lines that are no records, 130 interrupted. */
export function exitCodeOf(asked: Asked): number {
  switch (asked.kind) {
    case 'answered':
      return asked.basis.unreadable.some(({ live }) => !live) ? 3 : 0;
    case 'interrupted':
      return 130;
    case 'failed':
      return 2;
    default:
      return asked satisfies never;
  }
}

function notesOn({ unreadable, gaps, newer, unarchived }: Basis): readonly string[] {
  const [first] = newer;
  return [
    ...unreadable.map(({ file, lines, live }) => {
      if (lines === 0)
        return `some field in ${file} is not of its type and was read as NULL (run gatehouse audit verify)`;
      const what = live ? 'unfinished or unreadable' : 'unreadable (run gatehouse audit verify)';
      return `left out ${lines} ${lines === 1 ? 'line' : 'lines'} of ${file}: ${what}`;
    }),
    ...gaps.map(
      ({ writer, after, before, file }) =>
        `${writer} lacks the records between ${after} and ${before}, before ${file} (run gatehouse audit verify)`,
    ),
    ...(unarchived.length === 0
      ? []
      : [
          `left out ${unarchived.length} ${unarchived.length === 1 ? 'day' : 'days'} that are not archived, as ${unarchived.at(-1)}`,
        ]),
    ...(first === undefined
      ? []
      : [
          `${newer.length} of the files, as ${first.path}, were written by a later version: some fields may be missing`,
        ]),
  ];
}

/** DuckDB quotes the statement and values of the log: they are other people's text. */
function explain(error: QueryFailed | NoLog): string {
  const lines = error.message.slice(0, MESSAGE_CHARS_MAX).split('\n').map(printable);
  const aboutNames = /^(?:Binder|Catalog) Error/.test(error.message);
  return `${lines.join('\n')}${aboutNames ? `\n\n(${viewsSentence()})` : ''}`;
}
