import { isAscii, isUtf8 } from 'node:buffer';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { LockedTool, ServerLock, ToolClass } from './configuration.ts';
import { freeze } from './freeze.ts';
import { jsonDepthMax } from './json-source.ts';
import { hashCanonical, sortedJson } from './lock-hash.ts';
import type { Place } from './problem.ts';
import { findInvisible, lockBytesMax } from './scan.ts';
import type { WrittenLock, WrittenLockedTool } from './written.ts';

/** A lock with nothing wrong in it, whatever the other files say. */
export interface ReviewedLock {
  readonly lock: ServerLock;
  /** Of the server's name in it. */
  readonly serverAt: Place;
}

const head = '{\n  "apiVersion": "gatehouse/v1",\n  "server": "';
/** Two spaces a level: no line inside so many containers, and so none that is deeper. */
const deepest = `\n${' '.repeat(2 * jsonDepthMax)}`;

/**
 * The quick way to read a lock file: the lock, if the text is just as `gatehouse lock` writes it and every hash is right;
 * else null, and the file needs the slow way, which can say what is wrong. Being equal to its own value written anew
 * proves what the slow way scans for, such as that no key is there twice.
 */
export function readReviewedLock(file: string, bytes: Buffer): ReviewedLock | null {
  if (bytes.length > lockBytesMax || !isUtf8(bytes)) return null;
  const text = bytes.toString('utf8');
  if (!text.startsWith(head) || text.includes(deepest) || holdsInvisible(text, bytes)) return null;
  const value = parseOrNull(text);
  if (!isLock(value) || text !== `${JSON.stringify(value, null, 2)}\n`) return null;
  const tools = packTools(value.tools);
  if (tools === null) return null;
  const lock = freeze({ server: value.server, tools, at: { file, line: 1, col: 1 } });
  return { lock, serverAt: { file, line: 3, col: head.length - head.lastIndexOf('\n') - 1 } };
}

/** Written by `JSON.stringify`, ASCII holds no other. */
function holdsInvisible(text: string, bytes: Buffer): boolean {
  return isAscii(bytes) ? text.includes('\x7f') : findInvisible(text) !== null;
}

function parseOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return null;
  }
}

/** Whether the schema accepts it, but for what follows from hashes that are right. */
function isLock(value: unknown): value is WrittenLock {
  const lock = value as WrittenLock | null;
  return (
    lock !== null &&
    isOf(lock, ['apiVersion', 'server', 'tools']) &&
    lock.server !== '' &&
    Array.isArray(lock.tools) &&
    lock.tools.every(isTool)
  );
}

function isTool(tool: WrittenLockedTool | null): boolean {
  if (tool === null || !isOf(tool, ['name', 'class', 'sha256', 'definition'])) return false;
  const { name, class: toolClass, definition } = tool;
  return typeof name === 'string' && name !== '' && classes.has(toolClass) && definition !== null;
}

const classes: ReadonlySet<unknown> = new Set<ToolClass>(['read', 'write', 'destructive']);

function isOf(value: object, keys: readonly string[]): boolean {
  const found = Object.keys(value);
  return found.length === keys.length && keys.every((key, index) => found[index] === key);
}

/** The tools by name; null when a hash or a name is not as it should be. */
function packTools(written: readonly WrittenLockedTool[]): ReadonlyMap<string, LockedTool> | null {
  const texts = written.map(provenText);
  if (texts.includes(null)) return null;
  const unpack = pack(texts.join('\n'));
  const tools = new Map(written.map((tool, index) => [tool.name, new ReviewedTool(tool, { unpack, index })]));
  return tools.size === written.length ? tools : null;
}

/** The definition's canonical JSON, when the hash is of that. */
function provenText({ name, sha256, definition }: WrittenLockedTool): string | null {
  const text = definition['name'] === name ? sortedJson(definition) : null;
  return text !== null && hashCanonical(text) === sha256 ? text : null;
}

type Unpack = () => readonly unknown[];

/**
 * Keeps JSON texts, one a line, compressed: most of what a company's locks hold is looked at only where a tool is no
 * longer as it was reviewed. Once unpacked they stay as long as the memory is not needed.
 */
function pack(lines: string): Unpack {
  // Copied, because the compressor's own buffer is several times as large.
  const packed = Buffer.from(deflateRawSync(lines, { level: 1 }));
  let recent: WeakRef<readonly unknown[]> | null = null;
  return () => {
    const known = recent?.deref();
    if (known !== undefined) return known;
    const texts = inflateRawSync(packed, { maxOutputLength: lockBytesMax }).toString('utf8').split('\n');
    const values = freeze(texts.map((text): unknown => JSON.parse(text)));
    recent = new WeakRef(values);
    return values;
  };
}

/** A class, since there may be a hundred thousand: one shape, and no closure each. */
class ReviewedTool implements LockedTool {
  readonly name: string;
  readonly class: ToolClass;
  readonly sha256: string;
  readonly #unpack: Unpack;
  readonly #index: number;

  constructor(
    { name, class: toolClass, sha256 }: WrittenLockedTool,
    { unpack, index }: { unpack: Unpack; index: number },
  ) {
    this.name = name;
    this.class = toolClass;
    this.sha256 = sha256;
    this.#unpack = unpack;
    this.#index = index;
  }

  get definition(): unknown {
    return this.#unpack()[this.#index];
  }
}
