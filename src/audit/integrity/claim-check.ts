import type { ChainHead, LogProblem, Place } from './chain-check.ts';
import type { Claim } from './claims.ts';

/** Holds one chain against what others say of it, record by record. */
export interface ClaimCheck {
  /** The newest record after each step. */
  compare(head: ChainHead): void;
}

/** Claims that disagree one after the other have one cause: only the first is reported. */
export function createClaimCheck(claims: readonly Claim[], problems: LogProblem[]): ClaimCheck {
  const open = claims.toSorted((a, b) => b.seq - a.seq);
  let agreed = 0;
  let disagree = false;
  return {
    compare({ seq, hash, place }) {
      for (let claim = open.at(-1); claim !== undefined && claim.seq <= seq; claim = open.at(-1)) {
        open.pop();
        if (claim.seq < seq) continue;
        const differs = claim.hash !== hash;
        if (differs && !disagree)
          problems.push({ ...(place ?? placeOf(claim)), kind: 'edited', message: messageOf(claim, agreed) });
        disagree = differs;
        if (!differs) agreed = seq;
      }
    },
  };
}

/** A chain that was made anew from some line on is consistent in itself: which line it was cannot be told. */
function messageOf({ by, seq }: Claim, agreed: number): string {
  const since = seq - agreed > 1 ? `; the change is in records ${agreed + 1} to ${seq}` : '';
  return `${by} keeps another hash of this line${since}`;
}

/** Of a record that is not here any more: where somebody speaks of it. */
function placeOf({ file, line, byte }: Claim): Place {
  return { file, line, byte };
}
