import type { Place } from '../config/problem.ts';

/** Sorts what the files say by file, line and column. */
export function byPlace({ at: a }: { readonly at: Place }, { at: b }: { readonly at: Place }): number {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  return a.line - b.line || a.col - b.col;
}
