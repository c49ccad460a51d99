/** The part of a terminal a progress bar needs. */
export interface ProgressTerminal {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

export interface Progress {
  /** From 0 to 1. */
  update(done: number): void;
  /** Takes the bar away; the next update draws it again. */
  clear(): void;
}

/** What is over sooner needs no bar. */
const QUIET_MS = 1_000;
const REDRAW_MS = 200;
const BAR_COLUMNS = 30;

/** A bar on a terminal, nothing anywhere else. */
export function createProgress(terminal: ProgressTerminal, now: () => number): Progress {
  const begun = now();
  let drawn = 0;
  return {
    update(done) {
      const at = now();
      if (terminal.isTTY !== true || at - begun < QUIET_MS || at - drawn < REDRAW_MS) return;
      drawn = at;
      const filled = Math.round(Math.min(1, Math.max(0, done)) * BAR_COLUMNS);
      const bar = '#'.repeat(filled) + '.'.repeat(BAR_COLUMNS - filled);
      const percent = String(Math.floor(Math.min(1, Math.max(0, done)) * 100)).padStart(3);
      terminal.write(`\r[${bar}] ${percent} %  ${Math.floor((at - begun) / 1000)} s`);
    },
    clear() {
      if (drawn > 0) terminal.write('\r\u001b[K');
      drawn = 0;
    },
  };
}
