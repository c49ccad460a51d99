import { hostname, userInfo } from 'node:os';
import { NoLog } from '../../audit/files/log-files.ts';
import type { Question } from '../../audit/query/query.ts';
import type { AuditOutcome } from '../../audit/record/event.ts';
import { type LogAccess, recordAccess } from '../../audit/write/access-record.ts';
import type { Io } from '../command.ts';
import type { Asked } from './answer.ts';

/** What to record of a question that was put. */
export interface Put {
  readonly question: Question;
  readonly asked: Asked;
  /** Words of the command. */
  readonly command: string;
}

/**
 * Records in each folder that it was read. Whoever may read a log may not be allowed to write there: then this is
 * said, and nothing else changes.
 */
export async function recordQuestion({ question, asked, command }: Put, io: Io): Promise<void> {
  const outcome = outcomeOf(asked);
  if (outcome === null) return;
  const basis = asked.kind === 'answered' ? asked.basis : null;
  const access: LogAccess = {
    ...{ at: new Date(), user: userName(), host: hostname(), command, outcome, sql: question.sql },
    ...{ files: basis?.files.length ?? 0, rows: basis?.rows ?? 0 },
  };
  for (const dir of question.dirs) {
    await recordAccess(dir, access).catch((error: unknown) => {
      const why = error instanceof Error ? error.message : String(error);
      io.err(`gatehouse ${command}: this reading is not on record in ${dir}: ${why}\n`);
    });
  }
}

/** Null when nothing was read: the statement was refused, or there is no log. */
function outcomeOf(asked: Asked): AuditOutcome | null {
  if (asked.kind === 'answered') return 'ok';
  if (asked.kind === 'interrupted') return 'cancelled';
  if (asked.error instanceof NoLog || asked.error.code === 'refused') return null;
  return asked.error.code === 'timeout' ? 'timeout' : 'tool_error';
}

/** Who runs the command; a container's user may have a number and no name. */
export function userName(): string {
  try {
    return userInfo().username;
  } catch (error) {
    if (error instanceof Error && 'code' in error) return `uid ${process.getuid?.() ?? 'unknown'}`;
    throw error;
  }
}
