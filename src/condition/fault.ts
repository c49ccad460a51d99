/** A tool that a condition is held against, by the name an author knows and its input schema. */
export interface CheckedTool {
  readonly name: string;
  readonly inputSchema: unknown;
}

/** What is wrong with a condition, in an author's words. */
export interface Fault<Where> {
  readonly where: Where;
  /** What was expected and what was found. */
  readonly message: string;
  /** What to try; empty when the nearest of `known` says it, or nothing does. */
  readonly hint: string;
  /** The word that was found, and those that could stand in its place. */
  readonly word: string;
  readonly known: readonly string[];
}
