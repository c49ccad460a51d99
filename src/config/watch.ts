import { basename, dirname, join } from 'node:path';
import { watch } from 'chokidar';
import type { WatchPlan } from './survey.ts';

/** A watcher that does not say it is ready after this is taken as it is; the poll is the net. In milliseconds. */
const readyWaitMs = 2_000;

export interface WatchListener {
  /** Something that matters may have changed. */
  readonly onChange: () => void;
  /** The watcher is no longer reliable: too many watches, a vanished disk. */
  readonly onError: (error: unknown) => void;
}

/** Resolves to a function that closes the watcher, once changes are being heard. */
export async function watchTree(plan: WatchPlan, { onChange, onError }: WatchListener): Promise<() => Promise<void>> {
  const folders = new Set([...plan.folders.keys(), ...[...plan.entries].map((path) => dirname(path))]);
  const matters = (path: string): boolean => folders.has(path) || plan.entries.has(path) || isInTree(path, plan);
  const isReached = (folder: string): boolean =>
    matters(folder) && matters(dirname(folder)) && dirname(folder) !== folder;
  const watcher = watch(
    [...folders].filter((folder) => !isReached(folder)),
    { followSymlinks: false, ignoreInitial: true, atomic: false, ignored: (path) => !matters(path) },
  );
  watcher.on('all', onChange);
  // `all` is silent when one folder takes another's name, so the system's own events are heard, too.
  watcher.on('raw', (_event, name, details) => {
    // Outside polling, which is off, chokidar passes the path it watches.
    const { watchedPath } = details as { readonly watchedPath: string };
    if (!name || !folders.has(watchedPath) || matters(join(watchedPath, name))) onChange();
  });
  watcher.on('error', onError);
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, readyWaitMs);
    watcher.once('ready', () => {
      clearTimeout(timer);
      resolve();
    });
  });
  return () => watcher.close();
}

/** Whether a path lies below a watched folder, and below nothing hidden. */
function isInTree(path: string, { folders }: WatchPlan): boolean {
  for (let at = path; at !== dirname(at) && !basename(at).startsWith('.'); at = dirname(at)) {
    if (folders.has(dirname(at))) return true;
  }
  return false;
}
