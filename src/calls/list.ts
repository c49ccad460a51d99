import { createHash } from 'node:crypto';
import { entitlementOf } from '../access/entitlement.ts';
import { rightsOf } from '../access/rights.ts';
import type { Snapshot } from '../access/snapshot.ts';
import type { CatalogView } from '../catalog/tool.ts';
import type { Identity } from '../identity/identity.ts';
import type { Era } from '../protocol/eras.ts';
import { type ShownTool, shownTool } from './shown-tool.ts';

/** The tools one caller may call at one moment, ready to be sent. Callers with equal rights share one listing. */
export interface Listing {
  readonly tools: readonly ShownTool[];
  /** Equal as long as a client would see the same list. */
  readonly fingerprint: string;
  /** When a date in the policy may change this listing, epoch milliseconds; null when none will. */
  readonly until: number | null;
  /** One page's `"tools":[…]` and, unless it is the last, `"nextCursor"` members; null for a cursor that is not ours. */
  page(era: Era, cursor: string | null): Buffer | null;
}

export interface ListParts {
  readonly view: () => CatalogView;
  readonly now: () => number;
}

/** Listings kept at a time: as many sets of rights as are in use in a large organisation. */
const listingsMax = 512;

/** Lists what `decide` weighs calls against, so list and call cannot disagree. */
export function createList(parts: ListParts): (who: Identity, snapshot: Snapshot) => Listing {
  let kept = new Map<string, Listing>();
  let keptFor = '';

  return function list(who, snapshot) {
    const view = parts.view();
    const at = parts.now();
    const basis = `${snapshot.generation}.${view.version}`;
    if (basis !== keptFor || kept.size >= listingsMax) kept = new Map();
    keptFor = basis;
    const rights = rightsOf(snapshot.access, who, at);
    const known = kept.get(rights.key);
    if (known !== undefined) return known;
    const shown: ShownTool[] = [];
    for (const tool of view.tools) {
      const target = { server: tool.server, tool: tool.name, class: tool.class };
      const entitlement = entitlementOf(snapshot.access, { who, target, at });
      if (entitlement.kind === 'some') shown.push(shownTool(tool, entitlement));
    }
    const listing = createListing(shown, rights.until, snapshot.configuration.limits.listPageTools);
    kept.set(rights.key, listing);
    return listing;
  };
}

function createListing(tools: readonly ShownTool[], until: number | null, pageTools: number): Listing {
  const digest = createHash('sha256');
  for (const tool of tools) digest.update(`${tool.exposed} ${tool.hash}\n`);
  const pages = new Map<string, Buffer>();
  return { tools, fingerprint: digest.digest('base64url'), until, page };

  function page(era: Era, cursor: string | null): Buffer | null {
    const after = cursor === null ? '' : nameAfter(cursor);
    if (after === null) return null;
    const from = tools.findIndex(({ exposed }) => exposed > after);
    const start = from === -1 ? tools.length : from;
    const key = `${era} ${start}`;
    const known = pages.get(key) ?? writePage(tools, { era, start, end: start + pageTools });
    // Only the cursors we hand out start at a page's edge; any other start is answered but not kept.
    if (start % pageTools === 0) pages.set(key, known);
    return known;
  }
}

function writePage(tools: readonly ShownTool[], { era, start, end }: { era: Era; start: number; end: number }): Buffer {
  const parts: Buffer[] = [Buffer.from('"tools":[')];
  for (const tool of tools.slice(start, end)) parts.push(tool.definition[era], Buffer.from(','));
  if (parts.length > 1) parts.pop();
  const last = tools[end - 1];
  parts.push(Buffer.from(tools.length > end && last ? `],"nextCursor":"${cursorAfter(last.exposed)}"` : ']'));
  return Buffer.concat(parts);
}

const cursorMark = 'after:';

/** A cursor holds the last name of the page before, so it stays good when tools come and go. */
function cursorAfter(exposed: string): string {
  return Buffer.from(cursorMark + exposed).toString('base64url');
}

function nameAfter(cursor: string): string | null {
  const text = Buffer.from(cursor, 'base64url').toString();
  return text.startsWith(cursorMark) && cursorAfter(text.slice(cursorMark.length)) === cursor
    ? text.slice(cursorMark.length)
    : null;
}
