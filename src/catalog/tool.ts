import type { ToolClass } from '../config/configuration.ts';

/** A tool some upstream offers, under the name clients know it by. */
export interface CatalogTool {
  readonly server: string;
  /** As its server names it. */
  readonly name: string;
  /** As clients see it. */
  readonly exposed: string;
  readonly class: ToolClass;
  /** The upstream's definition byte for byte but for the name, as each client era may see it. */
  readonly definition: { readonly legacy: Buffer; readonly modern: Buffer };
  /** First 16 hex digits of the SHA-256 of the upstream's definition. */
  readonly hash: string;
}
