import { basename } from 'node:path';
import { elementsOf } from '../protocol/elements.ts';
import type { Scan } from '../protocol/json.ts';
import { scanJson } from '../protocol/scan.ts';
import { createFindings, type Findings } from './findings.ts';
import type { Parsed, Path, Source } from './parse.ts';
import type { Place } from './problem.ts';
import { findInvisible, lockBytesMax } from './scan.ts';

/** Levels of nesting accepted: a definition may have as many as a call's own bound lets through, and stands inside. */
export const jsonDepthMax: number = 128;

/** Parses a lock file: JSON that means one thing, so that no key is there twice. Never throws. */
export function parseJson(file: string, bytes: Buffer): Parsed {
  const findings = createFindings();
  const place = placesOf(file, bytes);
  return { source: read({ file, bytes, place }, findings), problems: findings.problems };
}

interface JsonText {
  readonly file: string;
  readonly bytes: Buffer;
  /** Of an offset in bytes. */
  readonly place: (offset: number) => Place;
}

/** The source of a text that means one thing; null after saying why it does not. */
function read(text: JsonText, findings: Findings): Source | null {
  const { file, bytes, place } = text;
  const hint = `gatehouse lock ${basename(file, '.json')} writes it anew`;
  if (bytes.length > lockBytesMax) {
    findings.error('GH010', place(0), 'expected a lock file of at most 16 MiB, found a larger one');
    return null;
  }
  const scan = scanJson(bytes, { depthMax: jsonDepthMax, membersDepth: 0, uniqueKeys: true });
  if (!scan.ok) {
    const [code, message] = wordsFor(scan);
    findings.error(code, place(scan.offset), { message, hint });
    return null;
  }
  const content = bytes.toString('utf8');
  const character = findInvisible(content);
  if (character === null) return createSource(text, JSON.parse(content));
  const offset = Buffer.byteLength(content.slice(0, character.offset));
  findings.error('GH013', place(offset), { message: `found the invisible character ${character.name}`, hint });
  return null;
}

function wordsFor({ reason, message }: Extract<Scan, { ok: false }>): readonly [code: string, message: string] {
  switch (reason) {
    case 'encoding':
      return ['GH011', 'expected UTF-8 text, found other bytes'];
    case 'syntax':
      return ['GH100', `not valid JSON: ${message.replace(/^Byte \d+: |\.$/g, '')}`];
    case 'depth':
      return ['GH012', `expected at most ${jsonDepthMax} levels of nesting, found more`];
    case 'duplicate-key':
      return ['GH019', 'found a key a second time'];
    default:
      return reason satisfies never;
  }
}

/** Where a value stands, and the key it is under; ends exclusive. */
interface Spot {
  readonly key: number;
  readonly start: number;
  readonly end: number;
}

/** Finds places only when somebody asks, which is when something is wrong. */
function createSource({ file, bytes, place }: JsonText, value: unknown): Source {
  const known = new Map<number, ReadonlyMap<string, Spot>>();
  function find(path: Path, part: 'key' | 'start'): Place {
    let spot: Spot = { key: 0, start: 0, end: bytes.length };
    for (const [index, step] of path.entries()) {
      const children = known.get(spot.start) ?? childrenOf(bytes, spot);
      known.set(spot.start, children);
      const next = children.get(String(step));
      if (next === undefined) break;
      spot = next;
      if (part === 'key' && index === path.length - 1) return place(spot.key);
    }
    return place(spot.start);
  }
  return {
    file,
    value,
    at: (path) => find(path, 'start'),
    key: (path) => find(path, 'key'),
    within: (path) => find(path, 'start'),
    search: () => [],
  };
}

function childrenOf(bytes: Buffer, { start, end }: Spot): ReadonlyMap<string, Spot> {
  const slice = bytes.subarray(start, end);
  const scan = scanJson(slice, { depthMax: jsonDepthMax, membersDepth: 1, uniqueKeys: false });
  if (!scan.ok) throw new TypeError('the text was scanned before');
  const members = (scan.root.members ?? []).map(({ key, start: at, value }): readonly [string, Spot] => {
    return [key, { key: start + at, start: start + value.start, end: start + value.end }];
  });
  const elements = [...elementsOf(slice, scan.root)].map((element, index): readonly [string, Spot] => {
    const from = element.byteOffset - bytes.byteOffset;
    const at = from + element.findIndex((byte) => byte > space);
    return [String(index), { key: at, start: at, end: from + element.length }];
  });
  return new Map([...members, ...elements]);
}

const space = 0x20;
const lineFeed = 0x0a;

function placesOf(file: string, bytes: Buffer): (offset: number) => Place {
  let starts: number[] | null = null;
  return (offset) => {
    starts ??= lineStarts(bytes);
    const line = starts.findLastIndex((start) => start <= offset);
    const before = bytes.toString('utf8', starts[line], offset);
    return { file, line: line + 1, col: before.length + 1 };
  };
}

function lineStarts(bytes: Buffer): number[] {
  const starts = [0];
  for (let at = bytes.indexOf(lineFeed); at >= 0; at = bytes.indexOf(lineFeed, at + 1)) starts.push(at + 1);
  return starts;
}
