import { mkdir, open, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readLines } from '../files/line-reader.ts';
import type { LogFile } from '../files/log-files.ts';
import { DAY_MS } from '../files/log-files.ts';
import { publish } from './draft.ts';

/** Days that must not be removed, whatever their age, for the sake of a case. */
export interface Hold {
  /** Number or name of the case; one hold a case. */
  readonly case: string;
  /** Only days with a record of this actor. */
  readonly actor?: string;
  /** Only days with a record of this server; of actor and server when both are named. */
  readonly server?: string;
  /** First and last day, `YYYY-MM-DD`; open when absent. */
  readonly from?: string;
  readonly to?: string;
  /** ISO 8601 in UTC. */
  readonly added: string;
  /** Who added it, as the operating system knows them. */
  readonly by: string;
}

/** The holds cannot be read or changed; until they can, nothing is removed. */
export class HoldsRefused extends Error {
  override readonly name = 'HoldsRefused';
  readonly code = 'audit_holds_refused';
}

function holdsPath(dir: string): string {
  return join(dir, '_holds.json');
}

/** The holds on a log's folder. Throws `HoldsRefused` for a file that is not as `gatehouse audit hold` writes it. */
export async function readHolds(dir: string): Promise<readonly Hold[]> {
  const path = holdsPath(dir);
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '{"holds":[]}';
    throw error;
  });
  const holds = parse(text);
  if (holds === null) throw new HoldsRefused(`${path}: expected {"holds": [...]} as gatehouse audit hold writes it`);
  return holds;
}

/** Adds a hold. Throws `HoldsRefused` when the case has one, and as `readHolds`. */
export async function addHold(dir: string, hold: Hold): Promise<void> {
  await change(dir, (holds) => {
    if (holds.some((other) => other.case === hold.case))
      throw new HoldsRefused(`there is a hold for ${hold.case} already: remove it first, or name another case`);
    return [...holds, hold];
  });
}

/** Removes the hold of a case. Throws `HoldsRefused` when there is none, and as `readHolds`. */
export async function removeHold(dir: string, name: string): Promise<void> {
  await change(dir, (holds) => {
    const rest = holds.filter((hold) => hold.case !== name);
    if (rest.length === holds.length) throw new HoldsRefused(`there is no hold for ${name}`);
    return rest;
  });
}

/** The cases that keep a day. What happened just before midnight may stand in the files of the day after. */
export function casesHolding(holds: readonly Hold[], day: string, files: readonly LogFile[]): readonly string[] {
  const dayBefore = new Date(Date.parse(day) - DAY_MS).toISOString().slice(0, 10);
  return holds
    .filter(({ from, to }) => (from === undefined || day >= from) && (to === undefined || dayBefore <= to))
    .filter((hold) => files.some((file) => concerns(hold, file)))
    .map((hold) => hold.case);
}

/** Of a value within arguments that looks the same: rather one day too many is kept. */
function concerns({ actor, server }: Hold, { path }: LogFile): boolean {
  const needles = Object.entries({ actor, server }).flatMap(([name, value]) =>
    value === undefined ? [] : [Buffer.from(`"${name}":${JSON.stringify(value)}`)],
  );
  if (needles.length === 0) return true;
  for (const { bytes } of readLines(path)) if (needles.every((needle) => bytes.includes(needle))) return true;
  return false;
}

async function change(dir: string, edit: (holds: readonly Hold[]) => readonly Hold[]): Promise<void> {
  await mkdir(dir, { recursive: true, mode: 0o750 });
  const lock = join(dir, '_holds.lock');
  const locked = await open(lock, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
    throw new HoldsRefused(`the holds are just being changed; if that is not so, remove ${lock}`, { cause: error });
  });
  try {
    const holds = edit(await readHolds(dir));
    await publish(dir, holdsPath(dir), (draft) => writeFile(draft, `${JSON.stringify({ holds }, null, 2)}\n`));
  } finally {
    await locked.close();
    await rm(lock);
  }
}

function parse(text: string): readonly Hold[] | null {
  try {
    const { holds }: { readonly holds?: unknown } = JSON.parse(text);
    return Array.isArray(holds) && holds.every(isHold) ? holds : null;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return null;
    throw error;
  }
}

function isHold(value: unknown): value is Hold {
  if (typeof value !== 'object' || value === null) return false;
  const { case: name, added, by, ...rest }: Partial<Record<keyof Hold, unknown>> = value;
  const known = ['actor', 'server', 'from', 'to'];
  return (
    [name, added, by, ...Object.values(rest)].every((text) => typeof text === 'string') &&
    Object.keys(rest).every((key) => known.includes(key))
  );
}
