import type { ToolClass } from '../config/configuration.ts';
import type { Era } from '../protocol/eras.ts';
import type { HeaderParam } from '../protocol/header-params.ts';

/** A tool some upstream offers, under the name clients know it by. */
export interface CatalogTool {
  readonly server: string;
  /** As its server names it. */
  readonly name: string;
  /** As clients see it. */
  readonly exposed: string;
  readonly class: ToolClass;
  /** The upstream's definition byte for byte but for the name and for what cannot be seen, as each era's clients may see it. */
  readonly definition: Readonly<Record<Era, Buffer>>;
  /** First 16 hex digits of the SHA-256 of the upstream's definition. */
  readonly hash: string;
  /** Arguments that modern clients mirror in `Mcp-Param-*` headers. */
  readonly headerParams: readonly HeaderParam[];
  /** Legacy clients have been told of `{result: …}` where the output need not be an object, and get it so. */
  readonly wrapsOutput: boolean;
}

/** What one server said it offers, before it is merged with the others. */
export interface DiscoveredTool {
  readonly name: string;
  /** As the upstream wrote them, for another look at the class. */
  readonly annotations: unknown;
  readonly class: ToolClass;
  readonly hash: string;
  /** As `LockedTool.sha256`: the same for any order of members and any spacing. */
  readonly sha256: string;
  readonly headerParams: readonly HeaderParam[];
  readonly wrapsOutput: boolean;
  /** The upstream's definition, parsed anew each time: hardly anybody asks. */
  parsed(): unknown;
  /** The definition under a name of our choice, without characters nobody can see. */
  define(exposed: string): CatalogTool['definition'];
}

/** What can be said of one server's part of the catalog. `stale`: lost since, its last definitions still stand. */
export interface ContactState {
  readonly server: string;
  readonly state: 'pending' | 'ready' | 'stale' | 'absent';
  /** Why it is stale or absent; empty otherwise. */
  readonly reason: string;
  /** Epoch milliseconds of the last change of state. */
  readonly since: number;
  readonly tools: number;
}

/** The same with what the lock makes of it: `tools` counts those that can be listed and called. */
export interface ServerState extends ContactState {
  /** How many are offered not as they were reviewed, and without ever having been: with `strict`, these are hidden. */
  readonly drifted: number;
  readonly unlisted: number;
}

/** All tools of all servers at one moment, sorted by exposed name. */
export interface CatalogView {
  readonly version: number;
  readonly tools: readonly CatalogTool[];
  readonly byExposed: ReadonlyMap<string, CatalogTool>;
  readonly servers: readonly ServerState[];
}
