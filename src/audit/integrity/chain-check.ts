import { genesis, isJson, type Link, lineHash } from './chain.ts';

export type ProblemKind =
  /** Not a record: not JSON, of another shape, or blank. */
  | 'unreadable'
  /** Its hash is not the one the next record keeps. */
  | 'edited'
  /** Records between two that stand next to each other are gone. */
  | 'deleted'
  /** A record stands a second time, or one was put in. */
  | 'inserted'
  /** Two neighbours have changed places. */
  | 'swapped'
  /** A file stands in the folder of a day that none of its records are of. */
  | 'moved'
  /** Whole files within a chain are gone. */
  | 'missing-file'
  /** A later start of the gateway, or a signed checkpoint, names a chain of which nothing is there. */
  | 'missing-chain'
  /** A later start of the gateway, or a signed checkpoint, saw more of the chain than there is. */
  | 'cut-short'
  /** A checkpoint that its key did not sign as it stands, or that belongs to another chain. */
  | 'forged-checkpoint'
  /** Checkpoints that were there, by the log's own word, are gone. */
  | 'missing-checkpoint'
  /** Signed with another key than the one expected. */
  | 'replaced-key'
  /** Nothing of the chain is signed, where a key was asked for. */
  | 'unsigned'
  /** An unfinished last line that nobody accounts for. */
  | 'torn';

export interface Place {
  readonly file: string;
  /** Counts from 1. */
  readonly line: number;
  /** Where the line begins, in bytes. */
  readonly byte: number;
}

export interface LogProblem extends Place {
  readonly kind: ProblemKind;
  readonly message: string;
}

/** The newest record in order; `seq` 0 and no place before the first. */
export interface ChainHead {
  readonly seq: number;
  readonly hash: string;
  readonly place: Place | null;
}

/** Follows one writer's records in the order they stand; what does not hold goes into `problems`. */
export interface ChainCheck {
  /** The next record; `fileMissing` when the number of its file does not follow on. */
  accept(line: Buffer, record: { readonly link: Link; readonly place: Place; readonly fileMissing: boolean }): void;
  /** Goes on after files that were removed, and whose last record was this. */
  resume(seq: number, hash: string): void;
  head(): ChainHead;
}

export function createChainCheck(writer: string, problems: LogProblem[]): ChainCheck {
  let head: ChainHead = { seq: 0, hash: genesis(writer), place: null };
  let before = head;
  let prev = '';
  /** What was reported when the newest record was taken up, should the next one explain it better. */
  let doubt: LogProblem | null = null;

  return { accept, resume, head: () => head };

  function accept(line: Buffer, { link, place, fileMissing }: Parameters<ChainCheck['accept']>[1]): void {
    const hash = lineHash(line);
    if (link.seq <= head.seq) {
      outOfOrder(link, { seq: link.seq, hash, place });
      return;
    }
    doubt = link.seq > head.seq + 1 ? gap(link.seq, place, fileMissing) : null;
    if (doubt === null && link.prev !== head.hash) mismatch(line, place);
    before = head;
    head = { seq: link.seq, hash, place };
    prev = link.prev;
  }

  function resume(seq: number, hash: string): void {
    if (seq < head.seq) return;
    head = { seq, hash, place: null };
    before = head;
    doubt = null;
  }

  function gap(seq: number, place: Place, fileMissing: boolean): LogProblem {
    const missing = seq === head.seq + 2 ? `record ${seq - 1} is` : `records ${head.seq + 1} to ${seq - 1} are`;
    return add(place, fileMissing ? 'missing-file' : 'deleted', `${missing} missing before this line`);
  }

  /** Two lines run together begin and end as a record does: that is not the fault of the line before. */
  function mismatch(line: Buffer, place: Place): void {
    if (!isJson(line)) add(place, 'unreadable', 'this line is not JSON');
    else if (head.place === null) add(place, 'edited', `this is not the first record that ${writer} wrote`);
    else add(head.place, 'edited', `the next record (line ${place.line}) keeps another hash of this line`);
  }

  function outOfOrder(link: Link, record: ChainHead & { readonly place: Place }): void {
    if (doubt !== null && link.seq === head.seq - 1 && prev === record.hash) {
      withdraw();
      add(record.place, 'swapped', `record ${link.seq} stands after record ${head.seq}`);
    } else if (record.hash === head.hash) {
      add(record.place, 'inserted', 'this line repeats the one before it');
    } else if (head.place !== null && link.seq === before.seq + 1 && link.prev === before.hash) {
      withdraw();
      add(
        head.place,
        'inserted',
        `record ${link.seq} on line ${record.place.line} follows on from the line before this`,
      );
      head = record;
      prev = link.prev;
    } else {
      add(record.place, 'inserted', `record ${link.seq} does not belong after record ${head.seq}`);
    }
  }

  function withdraw(): void {
    if (doubt !== null) problems.splice(problems.indexOf(doubt), 1);
    doubt = null;
  }

  function add(place: Place, kind: ProblemKind, message: string): LogProblem {
    const problem = { ...place, kind, message };
    problems.push(problem);
    return problem;
  }
}
