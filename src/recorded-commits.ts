import type { Change, Changes } from './config/git-changes.ts';
import { SIGNATURES, type Signature } from './config/git-signatures.ts';

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

/** So many are recorded, the newest ones, with so many people each and so many characters: a record has its bounds. */
const recordedMax = 5;
const peopleMax = 10;
const textMax = 120;
/** As JSON, of all of them: the rest of a record's detail needs room as well. */
const charsMax = 3_000;

export function recordedCommits({ changes, isBack }: Changes): RecordedCommits {
  const commits = changes.slice(-recordedMax).map(recordedCommit).map(bounded);
  while (commits.length > 1 && JSON.stringify(commits).length > charsMax) commits.shift();
  const leftOut = changes.length - commits.length;
  return { commits, ...(leftOut > 0 && { commits_left_out: leftOut }), ...(isBack && { back: true }) };
}

function bounded({ authors, approved_by, merged_by, signed_by, ...rest }: RecordedCommit): RecordedCommit {
  const people = (names: readonly string[]) => names.slice(0, peopleMax).map(shortened);
  const [merger, signer] = [merged_by, signed_by].map((name) => (name == null ? null : shortened(name)));
  return {
    ...rest,
    ...{ authors: people(authors), approved_by: people(approved_by) },
    ...{ merged_by: merger ?? null, signed_by: signer ?? null },
  };
}

/** A name loses its end before its address, by which people are told apart, does. */
function shortened(name: string): string {
  const address = /<[^<>]*>$/.exec(name)?.[0] ?? '';
  return name.length <= textMax
    ? name
    : `${name.slice(0, Math.max(0, textMax - address.length))}${address}`.slice(0, textMax);
}

/** What a record holds of it, as far as it is that: it may be cut, or be somebody's forgery. */
export function readRecordedCommits(commits: unknown): readonly RecordedCommit[] {
  if (!Array.isArray(commits)) return [];
  return commits.map((one) => {
    const fields: Readonly<Record<string, unknown>> = Object(one);
    const text = (name: string): string | null => (typeof fields[name] === 'string' ? fields[name] : null);
    const texts = (name: string): readonly string[] => {
      const list = fields[name];
      return Array.isArray(list) ? list.filter((entry) => typeof entry === 'string') : [];
    };
    return {
      ...{ commit: text('commit') ?? '', at: text('at') ?? '', subject: text('subject') ?? '' },
      ...{ authors: texts('authors'), merged_by: text('merged_by'), approved_by: texts('approved_by') },
      ...{ request: text('request'), signed_by: text('signed_by') },
      signature: SIGNATURES.find((word) => word === fields['signature']) ?? 'unchecked',
      second_person: fields['second_person'] === true,
    };
  });
}

/** One change in these words. */
export function recordedCommit(change: Change): RecordedCommit {
  return {
    ...{ commit: change.commit, at: change.at, subject: change.subject.slice(0, textMax), authors: change.authors },
    ...{ merged_by: change.mergedBy, approved_by: change.approvedBy, request: change.request },
    ...{ signature: change.signature, signed_by: change.signedBy, second_person: change.secondPerson },
  };
}
