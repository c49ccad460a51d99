import type { Git } from './git-command.ts';
import { answerBytesMax, readFields } from './git-log.ts';

/** `unchecked`: there is one, and its key is not known here. */
export const SIGNATURES = ['good', 'untrusted', 'expired', 'revoked', 'bad', 'unchecked', 'none'] as const;
export type Signature = (typeof SIGNATURES)[number];

export interface Signed {
  readonly signature: Signature;
  /** Whose key signed, as git tells; null when it was not checked. */
  readonly signedBy: string | null;
}

export const UNSIGNED: Signed = { signature: 'none', signedBy: null };
/** What git says of a signature with `%G?`; `N` is told apart below. */
const MARKS: Readonly<Record<string, Signature>> = {
  G: 'good',
  U: 'untrusted',
  X: 'expired',
  Y: 'expired',
  R: 'revoked',
  B: 'bad',
  E: 'unchecked',
};

/** Of these commits, by object name. Throws `GitError`. */
export async function readSignatures(git: Git, ids: readonly string[]): Promise<ReadonlyMap<string, Signed>> {
  const args = ['--no-walk=unsorted', '--stdin'];
  const rows = await readFields(git, { args, fields: ['%H', '%G?', '%GS'], lines: ids });
  const doubtful = rows.flatMap(([id = '', mark]) => (mark === 'N' ? id : []));
  const signed = await findSigned(git, doubtful);
  return new Map(
    rows.map(([id = '', mark = '', signer = '']) => {
      const signature = MARKS[mark] ?? (signed.has(id) ? 'unchecked' : 'none');
      return [id, { signature, signedBy: signer === '' ? null : signer }];
    }),
  );
}

/** So many commits are read whole at once. */
const atOnce = 500;

/** Git says "none" of a signature it was not told how to check: the commit itself says whether there is one. */
async function findSigned(git: Git, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  for (let at = 0; at < ids.length; at += atOnce) {
    const lines = ids.slice(at, at + atOnce);
    const args = ['rev-list', '--header', '--no-walk=unsorted', '--stdin'];
    const commits = (await git({ args, lines, bytesMax: answerBytesMax }))?.toString('latin1').split('\0') ?? [];
    for (const commit of commits) {
      const [header = ''] = commit.split('\n\n', 1);
      if (/^gpgsig(?:-sha256)? /m.test(header)) found.add(header.slice(0, header.indexOf('\n')));
    }
  }
  return found;
}
