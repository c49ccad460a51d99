/**
 * What of an `AbortSignal` the path of a call needs; an `AbortSignal` is one. Creating an `AbortController` for every
 * call costs more than finding out who calls, and leaves much of what it allocates to the garbage collector (measured).
 */
export interface StopSignal {
  readonly aborted: boolean;
  addEventListener(type: 'abort', listener: () => void, options?: { readonly once: true }): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

/** Someone's word that nobody waits for an answer any more: a signal and its `abort` in one. Listeners hear it once. */
export class Stop implements StopSignal {
  aborted = false;
  readonly #listeners: (() => void)[] = [];

  addEventListener(_type: 'abort', listener: () => void): void {
    this.#listeners.push(listener);
  }

  removeEventListener(_type: 'abort', listener: () => void): void {
    const index = this.#listeners.indexOf(listener);
    if (index !== -1) this.#listeners.splice(index, 1);
  }

  /** Does nothing the second time. */
  abort(): void {
    if (this.aborted) return;
    this.aborted = true;
    for (const listener of this.#listeners.splice(0)) listener();
  }
}
