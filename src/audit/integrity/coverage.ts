import { isOfCommands } from '../write/access-record.ts';
import type { ChainHead, LogProblem, Place } from './chain-check.ts';
import { checkpointFile, newestNote, readCheckpoints } from './checkpoint.ts';
import { readDetail } from './claims.ts';
import type { Evidence } from './trust.ts';

/** A chain that was read to its end. */
export interface ReadChain {
  readonly writer: string;
  /** Folder of its log. */
  readonly dir: string;
  readonly head: ChainHead;
  /** Its newest record; null without one. */
  readonly last: { readonly ts: string; readonly line: Buffer } | null;
}

export interface Coverage {
  /** Number of its records that a checkpoint covers. */
  readonly signed: number;
  readonly problems: readonly LogProblem[];
  readonly notes: readonly string[];
}

/** A gateway signs its first record at once; what is younger may still be on its way to a checkpoint. */
const FIRST_CHECKPOINT_MS = 60_000;

/** How much of a chain is signed, and whether more of it once was. */
export async function checkCoverage(chain: ReadChain, evidence: Evidence): Promise<Coverage> {
  const { writer, dir, head } = chain;
  const found = evidence.checkpoints.get(writer);
  const file = checkpointFile(dir, writer);
  const newest = Math.max(0, ...(found?.claims ?? []).map(({ seq }) => seq));
  const signed = Math.min(newest, head.seq);
  const problems = found === undefined ? [] : [...found.problems];
  const end = found?.end ?? { file, line: 1, byte: 0 };
  if (problems.length === 0) problems.push(...(await missing(chain, { newest, end, evidence })));
  if (problems.length === 0) problems.push(...unsigned(chain, newest, evidence));
  return { signed, problems, notes: restNotes(found?.restBytes ?? 0, end) };
}

interface Known {
  readonly newest: number;
  readonly end: Place;
  readonly evidence: Evidence;
}

/** The log itself says how far it was signed, in a later start and in the chain's own stop; and so does a kept head. */
async function missing(chain: ReadChain, { newest, end, evidence }: Known): Promise<LogProblem[]> {
  const kept = evidence.heads.filter(({ writer }) => writer === chain.writer);
  const said = [...(evidence.starts.heads.get(chain.writer) ?? []), ...kept, ...stopClaim(chain)];
  const most = said.toSorted((a, b) => b.signed - a.signed)[0];
  if (most === undefined || most.signed <= newest) return [];
  // A stop is written after its checkpoint, but may have been read after an older list.
  const now = newestNote(await readCheckpoints(end.file))?.checkpoint.size ?? 0;
  if (now > newest && now >= most.signed) return [];
  const message = `by ${most.by}, a checkpoint of ${most.signed} records was here; the newest is of ${newest}`;
  return [{ ...end, kind: 'missing-checkpoint', message }];
}

function stopClaim({ last, head: { place } }: ReadChain): { readonly signed: number; readonly by: string }[] {
  if (last === null || place === null || !last.line.includes('"ev":"gateway.stop"')) return [];
  const { signed } = readDetail(last.line);
  return typeof signed === 'number' ? [{ signed, by: `the stop in ${place.file} line ${place.line}` }] : [];
}

function restNotes(restBytes: number, end: Place): string[] {
  return restBytes === 0 ? [] : [`${end.file}: the last ${restBytes} bytes are of an unfinished checkpoint`];
}

/**
 * Where a key is asked for, by who verifies or by the chain's own start, a chain without any signature needs a later
 * start that vouches for it. What commands recorded is never signed: they have no key.
 */
function unsigned({ writer, head, last }: ReadChain, newest: number, { trust, starts }: Evidence): LogProblem[] {
  const named = starts.keys.has(writer);
  const asked = named || (trust.publicKeys.length > 0 && !isOfCommands(writer));
  const vouched = starts.heads.get(writer)?.some(({ seq }) => seq >= head.seq) ?? false;
  if (!asked || vouched || newest > 0 || head.place === null || last === null) return [];
  if (Date.now() - Date.parse(last.ts) < FIRST_CHECKPOINT_MS) return [];
  const message = `no record of this chain up to here is signed${named ? NAMED : ''}`;
  return [{ ...head.place, kind: 'unsigned', message }];
}

const NAMED =
  ', though its start names a key: its checkpoints are gone, and who took them may have cut off newer records, or the gateway could not write any';
