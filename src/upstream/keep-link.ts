import type { Backoff } from './backoff.ts';
import type { UpstreamEvents } from './connection.ts';
import type { Link, LinkEvents, Opened } from './link.ts';
import { type Failed, failed } from './pending.ts';

export interface KeptLinkParts {
  open(events: LinkEvents, signal: AbortSignal): Promise<Opened>;
  readonly backoff: Backoff;
  readonly events: UpstreamEvents;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
}

/** A link that ends sooner than this, in milliseconds, twice in a row, would else be opened over and over. */
const shortLifeMs = 5000;

/** Trying these again by itself would only lock accounts; the next request tries after the back-off. */
const waitsForPeople: ReadonlySet<string> = new Set(['no_credential', 'refused']);

/** One link, opened when first wanted and again after a loss, with back-off. */
export class KeptLink {
  readonly #parts: KeptLinkParts;
  readonly #closing = new AbortController();
  #link: Link | null = null;
  #opening: Promise<Opened> | null = null;
  /** The answer to everybody during a back-off. */
  #failure: Failed | null = null;
  #retry: NodeJS.Timeout | null = null;
  #reported: 'up' | 'down' | null = null;
  #everUp = false;
  #upAt = 0;
  #shortLives = 0;

  constructor(parts: KeptLinkParts) {
    this.#parts = parts;
  }

  get current(): Link | null {
    return this.#link;
  }

  /** All who wait share one opening. During a back-off the last failure is the answer, at once. */
  open(): Promise<Opened> {
    if (this.#closing.signal.aborted) return Promise.resolve(closed);
    if (this.#link !== null) return Promise.resolve({ kind: 'open', link: this.#link });
    if (this.#failure !== null) return Promise.resolve(this.#failure);
    this.#opening ??= this.#attempt().finally(() => {
      this.#opening = null;
    });
    return this.#opening;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    if (this.#retry !== null) clearTimeout(this.#retry);
    await this.#opening;
    await this.#link?.close();
    this.#link = null;
  }

  async #attempt(): Promise<Opened> {
    const life: Life = { link: null, end: null };
    const opened = await this.#parts.open(this.#eventsOf(life), this.#closing.signal).catch(faultAsFailure);
    if (opened.kind === 'failed') return this.#down(opened);
    if (life.end === null && !this.#closing.signal.aborted) return this.#up(opened, life);
    await opened.link.close();
    return life.end === null ? closed : this.#down(failed('unreachable', life.end));
  }

  #up(opened: Extract<Opened, { kind: 'open' }>, life: Life): Opened {
    this.#link = opened.link;
    life.link = opened.link;
    this.#upAt = this.#parts.now();
    this.#parts.backoff.succeeded();
    this.#report('up', opened.link.detail);
    if (this.#everUp) this.#parts.events.toolsChanged();
    this.#everUp = true;
    return opened;
  }

  #down(reason: Failed): Failed {
    if (this.#closing.signal.aborted) return closed;
    const failure = reason.reason === 'closed' ? failed('unreachable', reason.detail) : reason;
    this.#failure = failure;
    this.#report('down', `${failure.reason}: ${failure.detail}`);
    this.#retry = setTimeout(() => {
      this.#failure = null;
      if (!waitsForPeople.has(failure.reason)) void this.open();
    }, this.#parts.backoff.failed());
    return failure;
  }

  #report(state: 'up' | 'down', detail: string): void {
    if (this.#reported !== state) this.#parts.events.stateChanged(state, detail);
    this.#reported = state;
  }

  /** A link speaks for itself only as long as it is the one in use. */
  #eventsOf(life: Life): LinkEvents {
    return {
      toolsChanged: () => this.#parts.events.toolsChanged(),
      lost: (detail) => {
        life.end = detail;
        if (this.#release(life)) this.#down(failed('unreachable', detail));
      },
      expired: () => {
        life.end = 'its session ended';
        if (this.#release(life) && this.#livesTooShort()) this.#down(failed('unreachable', 'its sessions end at once'));
      },
    };
  }

  #release({ link }: Life): boolean {
    if (link === null || this.#link !== link) return false;
    void link.close();
    this.#link = null;
    return true;
  }

  #livesTooShort(): boolean {
    this.#shortLives = this.#parts.now() - this.#upAt < shortLifeMs ? this.#shortLives + 1 : 0;
    return this.#shortLives > 1;
  }
}

/** One link from its opening on; it may end before it was ever in use. */
interface Life {
  link: Link | null;
  end: string | null;
}

const closed = failed('closed', 'the connection was closed');

/** Openings answer with values, so this is a fault of ours; it must not leave the callers waiting. */
function faultAsFailure(error: unknown): Failed {
  return failed('unreachable', `it could not be opened (${error instanceof Error ? error.name : 'fault'})`);
}
