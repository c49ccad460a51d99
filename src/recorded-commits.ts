import type { Change, Changes, Signature } from './config/git-changes.ts';

/** A change of the policy in the words of the log; `audit/record.md` describes it. */
export interface RecordedCommit {
  readonly commit: string;
  /** ISO 8601. */
  readonly at: string;
  readonly subject: string;
  readonly authors: readonly string[];
  readonly merged_by: string | null;
  readonly approved_by: readonly string[];
  readonly request: string | null;
  readonly signature: Signature;
  readonly signed_by: string | null;
  readonly second_person: boolean;
}

/** What the record of a start or reload says of where it came from. */
export interface RecordedCommits {
  /** The oldest first. */
  readonly commits: readonly RecordedCommit[];
  /** So many older ones were left out; absent for none. */
  readonly commits_left_out?: number;
  /** A commit from before was put in force again. */
  readonly back?: true;
}

/** So many are recorded, the newest ones, and so many characters of their first lines: a record has its bounds. */
const recordedMax = 5;
const subjectMax = 120;

export function recordedCommits({ changes, isBack }: Changes): RecordedCommits {
  const leftOut = Math.max(0, changes.length - recordedMax);
  return {
    commits: changes.slice(leftOut).map(recordedCommit),
    ...(leftOut > 0 && { commits_left_out: leftOut }),
    ...(isBack && { back: true }),
  };
}

/** One change in these words. */
export function recordedCommit(change: Change): RecordedCommit {
  return {
    ...{ commit: change.commit, at: change.at, subject: change.subject.slice(0, subjectMax), authors: change.authors },
    ...{ merged_by: change.mergedBy, approved_by: change.approvedBy, request: change.request },
    ...{ signature: change.signature, signed_by: change.signedBy, second_person: change.secondPerson },
  };
}
