/** Requests under way, counted by principal. */
export interface Quota {
  /** Null when `key` has as many as it may; else what to call when the request is over. */
  take(key: string): (() => void) | null;
}

export function createQuota(perPrincipalMax: () => number): Quota {
  const underWay = new Map<string, number>();
  return {
    take(key) {
      const count = underWay.get(key) ?? 0;
      if (count >= perPrincipalMax()) return null;
      underWay.set(key, count + 1);
      return () => release(key);
    },
  };

  function release(key: string): void {
    const count = (underWay.get(key) ?? 1) - 1;
    if (count === 0) underWay.delete(key);
    else underWay.set(key, count);
  }
}
