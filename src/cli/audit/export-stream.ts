import { setImmediate, setTimeout } from 'node:timers/promises';
import { printable } from '../../audit/answer/printable.ts';
import type { CursorFile } from '../../audit/export/cursor.ts';
import type { LogStream, Streamed } from '../../audit/export/log-stream.ts';
import type { Io } from '../command.ts';
import { countOf } from './keeping.ts';

export interface Streaming {
  readonly stream: LogStream;
  /** Go on with what is appended, until a signal or until nobody reads on. */
  readonly follow: boolean;
  /** Where to keep how far it was handed out; null to keep it nowhere. */
  readonly cursorFile: CursorFile | null;
}

/** How long nothing is done after a look that found nothing more. */
const POLL_MS = 1000;
/** So often the cursor is written while there is much to hand out: what is repeated after a crash is not more. */
const SAVE_MS = 1000;
const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** Hands the log out. Resolves to the exit code; throws as `LogStream.look` and `CursorFile.save`. */
export async function streamLog(streaming: Streaming, io: Io): Promise<number> {
  const stop = new AbortController();
  const onSignal = (): void => stop.abort();
  // A second signal ends the process at once, as it would without this.
  if (streaming.follow) for (const signal of SIGNALS) process.once(signal, onSignal);
  try {
    let found = await handOut(streaming, stop.signal, io);
    if (!streaming.follow) return found.damaged ? 3 : 0;
    while (!(stop.signal.aborted || found.unread)) {
      // What a signal cuts short is the pause.
      await setTimeout(POLL_MS, undefined, { signal: stop.signal }).catch(() => undefined);
      found = await handOut(streaming, stop.signal, io);
    }
    return 0;
  } finally {
    for (const signal of SIGNALS) process.off(signal, onSignal);
  }
}

interface HandedOut {
  /** Finished files hold lines that are no records. */
  readonly damaged: boolean;
  /** Nobody reads on. */
  readonly unread: boolean;
}

/** Everything that is there, as far as nobody stops it. */
async function handOut(streaming: Streaming, signal: AbortSignal, io: Io): Promise<HandedOut> {
  const { stream, cursorFile } = streaming;
  let [damaged, unread] = [false, false];
  let savedAt = Date.now();
  for await (const { file, told } of stream.look()) {
    if (signal.aborted) break;
    if (told.kind === 'lines') unread = !(await print(told.text, io));
    else tell({ file, told }, streaming, io);
    if (unread) break;
    damaged ||= told.kind === 'left-out' && !file.live;
    if (Date.now() - savedAt < SAVE_MS) continue;
    await cursorFile?.save(stream.cursor());
    savedAt = Date.now();
  }
  await cursorFile?.save(stream.cursor());
  return { damaged, unread };
}

function tell({ file, told }: Streamed, { follow, cursorFile }: Streaming, io: Io): void {
  const say = (text: string): void => io.err(`gatehouse audit export: ${printable(text)}\n`);
  const check = '(run gatehouse audit verify)';
  switch (told.kind) {
    case 'lines':
      return;
    case 'left-out':
      return say(`left out ${countOf(told.count, 'line')} of ${file.path}: unreadable ${check}`);
    case 'gap':
      return say(
        `${file.writer} lacks the records between ${told.after} and ${told.before}, before or in ${file.path} ${check}`,
      );
    case 'unfinished':
      // Whoever comes back for more gets it when it is whole.
      if (follow || cursorFile !== null) return;
      return say(`left out the last line of ${file.path}: it has no end yet`);
    default:
      return told satisfies never;
  }
}

/** Waits for a reader that is slower than the log, and lets signals come. Resolves to false when nobody reads on. */
async function print(text: string, io: Io): Promise<boolean> {
  io.out(text);
  const taken = await new Promise<boolean>((resolve) => {
    process.stdout.write('', (error) => resolve(error === null || error === undefined));
  });
  await setImmediate();
  return taken;
}
