/** Requests under way, counted by principal. */
export interface Quota {
  /** Null when `key` has as many under way as it may, and its last resort is taken as well. */
  take(key: string): Place | null;
}

export interface Place {
  /** `last-resort`: the bound is reached; it only serves to end what is under way. */
  readonly kind: 'ordinary' | 'last-resort';
  /** To be called once, when the request is over. */
  release(): void;
}

/** Who has reached the bound must still be able to cancel a call or end a session: so many at a time. */
const lastResortsMax = 4;

export function createQuota(perPrincipalMax: () => number): Quota {
  const underWay = new Map<string, number>();
  return {
    take(key) {
      const count = underWay.get(key) ?? 0;
      const max = perPrincipalMax();
      if (count >= max + lastResortsMax) return null;
      underWay.set(key, count + 1);
      return { kind: count < max ? 'ordinary' : 'last-resort', release: () => release(key) };
    },
  };

  function release(key: string): void {
    const count = (underWay.get(key) ?? 1) - 1;
    if (count === 0) underWay.delete(key);
    else underWay.set(key, count);
  }
}
