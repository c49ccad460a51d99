import { isDeepStrictEqual } from 'node:util';
import { isCollection, isPair, isScalar, type Node, parseDocument, type YAMLMap, type YAMLSeq } from 'yaml';
import { type Edited, type Splice, spliced, startOfLine, wholeLines } from './cut-lines.ts';
import type { Path } from './parse.ts';

/** Something to take out of a file, or a word to write otherwise. */
export interface Cut {
  readonly path: Path;
  /** Words in place of one, which need no quotes; absent takes out what is there. */
  readonly instead?: readonly string[];
}

/**
 * A YAML file, as `parse` accepts it, without some of its list items and map entries; a list or map that would be left
 * empty goes with its key. All other lines stay as they are. Comments on an item's lines and right above it go with it.
 * Null when the layout does not allow that: the result is read, and must say all that was said but what is cut.
 */
export function cut(text: string, cuts: readonly Cut[]): Edited | null {
  const document = parseDocument(text, { ...options, keepSourceTokens: true });
  const wanted = new Map(cuts.map((each) => [keyOf(each.path), each]));
  const found = splicesIn(document.contents, { path: [], text, wanted });
  if (found === 'all' || found === 'cannot') return null;
  const edited = spliced(text, found);
  const after = parseDocument(edited.text, options);
  const isMeant = isDeepStrictEqual(after.toJS(), without(document.toJS(), { path: [], wanted }));
  return isMeant && after.errors.length === 0 ? edited : null;
}

const options = { version: '1.2', schema: 'core', stringKeys: true, uniqueKeys: false } as const;

interface Cutting {
  readonly path: Path;
  readonly wanted: ReadonlyMap<string, Cut>;
}

interface TextCutting extends Cutting {
  readonly text: string;
}

function keyOf(path: Path): string {
  return JSON.stringify(path.map(String));
}

/** `all` when nothing would be left. */
type Splices = readonly Splice[] | 'all' | 'cannot';

function splicesIn(node: unknown, cutting: TextCutting): Splices {
  if (!isCollection(node)) return [];
  const { items } = node as YAMLMap | YAMLSeq;
  const found = items.map((item, index): Splices => {
    const path = [...cutting.path, isPair(item) ? String((item.key as { value?: unknown }).value) : index];
    const asked = cutting.wanted.get(keyOf(path));
    if (asked === undefined) return splicesIn(isPair(item) ? item.value : item, { ...cutting, path });
    return asked.instead === undefined ? 'all' : rewritten(item, asked.instead, cutting.text);
  });
  const gone = new Set([...found.keys()].filter((index) => found[index] === 'all'));
  if (gone.size > 0 && gone.size === found.length) return 'all';
  const around = { gone, spans: (items as readonly unknown[]).map(spanOf), text: cutting.text };
  const own = [...gone].map((index) => takenOut(node as YAMLMap | YAMLSeq, index, around));
  const all = [...found.filter((each) => each !== 'all'), ...own];
  return all.includes('cannot') ? 'cannot' : (all as readonly (readonly Splice[])[]).flat();
}

/** Several words in place of one: more items where it is one, a list where it is a value by itself. */
function rewritten(item: unknown, words: readonly string[], text: string): Splices {
  const node = isPair(item) ? item.value : item;
  if (!isScalar(node) || !node.range) return 'cannot';
  const [from, to] = node.range;
  if (isPair(item)) return [{ from, to, text: words.length === 1 ? words.join() : `[${words.join(', ')}]` }];
  const lead = text.slice(startOfLine(text, from), from);
  const end = /\r?\n/.exec(text)?.[0] ?? '\n';
  return [{ from, to, text: words.join(/^\s*-\s+$/.test(lead) ? `${end}${lead}` : ', ') }];
}

interface Surroundings {
  /** Of all items. */
  readonly spans: readonly Span[];
  /** Indices of all items that go. */
  readonly gone: ReadonlySet<number>;
  readonly text: string;
}

/** Whole lines where the item has them to itself; within a line the item, and what parts it from its neighbour. */
function takenOut({ flow, srcToken }: YAMLMap | YAMLSeq, index: number, around: Surroundings): Splices {
  const { gone, spans, text } = around;
  const { from, to } = spans[index] ?? { from: 0, to: 0 };
  const start = srcToken?.type === 'block-seq' ? srcToken.items[index]?.start : undefined;
  const dash = start?.find(({ type }) => type === 'seq-item-ind')?.offset;
  const whole = wholeLines(text, { from: dash ?? from, to });
  if (whole !== null) return [whole];
  const next = spans.findIndex((_, other) => other > index && !gone.has(other));
  const kept = spans.findLast((_, other) => other < index && !gone.has(other));
  const end = next < 0 ? to : spans[index + 1]?.from;
  const begin = next < 0 ? kept?.to : from;
  if (flow !== true || begin === undefined || end === undefined) return 'cannot';
  const between = next < 0 ? text.slice(spans[index - 1]?.to, from) : text.slice(to, end);
  return between.includes('#') ? 'cannot' : [{ from: begin, to: end, text: '' }];
}

type Span = Pick<Splice, 'from' | 'to'>;

function spanOf(item: unknown): Span {
  if (!isPair(item)) return { from: (item as Node).range?.[0] ?? 0, to: endOf(item) };
  return { from: (item.key as Node).range?.[0] ?? 0, to: Math.max(endOf(item.key), endOf(item.value)) };
}

/** Where the last word ends: what the parser calls the end of a block takes in comments that follow it. */
function endOf(node: unknown): number {
  const last: unknown = isCollection(node) && node.flow !== true ? node.items.at(-1) : undefined;
  return last === undefined ? ((node as Node | null)?.range?.[1] ?? 0) : spanOf(last).to;
}

const nothing = Symbol('nothing');

/** The plain data without what is cut. */
function without(value: unknown, cutting: Cutting): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).flatMap(([step, item]): (readonly [string, unknown])[] => {
    const path = [...cutting.path, step];
    const asked = cutting.wanted.get(keyOf(path));
    if (asked === undefined) return [[step, without(item, { ...cutting, path })]];
    const words = asked.instead ?? [];
    if (Array.isArray(value)) return words.map((word) => [step, word]);
    return words.length === 0 ? [] : [[step, words.length === 1 ? words[0] : words]];
  });
  const left = kept.filter(([, item]) => item !== nothing);
  if (left.length === 0 && Object.keys(value).length > 0) return nothing;
  return Array.isArray(value) ? left.map(([, item]) => item) : Object.fromEntries(left);
}
