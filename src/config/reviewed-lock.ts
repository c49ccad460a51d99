import { isUtf8 } from 'node:buffer';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { createAccept } from './accept.ts';
import type { LockedTool, ServerLock, ToolClass } from './configuration.ts';
import { freeze } from './freeze.ts';
import { jsonDepthMax } from './json-source.ts';
import { hashCanonical, sortedJson } from './lock-hash.ts';
import type { Place } from './problem.ts';
import { findInvisible, lockBytesMax } from './scan.ts';
import { readSchema } from './shape.ts';
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
 * Makes the quick way to read a lock file: the lock, if the text is just as `gatehouse lock` writes it and every hash is
 * right; else null, and the file needs the slow way, which can say what is wrong. Being equal to its own value written
 * anew proves what the slow way scans for, such as that no key is there twice.
 */
export function createLockReader(): (file: string, bytes: Buffer) => ReviewedLock | null {
  let accept: ReturnType<typeof createAccept> = null;
  return (file, bytes) => {
    accept ??= createAccept(readSchema('lock'));
    if (accept === null || bytes.length > lockBytesMax || !isUtf8(bytes)) return null;
    const text = bytes.toString('utf8');
    if (!text.startsWith(head) || text.includes(deepest) || findInvisible(text) !== null) return null;
    const value = parseOrNull(text);
    if (!accept(value) || text !== `${JSON.stringify(value, null, 2)}\n`) return null;
    // What the schema accepts is of this type.
    const { server, tools: written } = value as WrittenLock;
    const tools = packTools(written);
    if (tools === null) return null;
    const lock = freeze({ server, tools, at: { file, line: 1, col: 1 } });
    return { lock, serverAt: { file, line: 3, col: head.length - head.lastIndexOf('\n') - 1 } };
  };
}

function parseOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return null;
  }
}

/** The tools by name; null when a hash or a name is not as it should be. */
function packTools(written: readonly WrittenLockedTool[]): ReadonlyMap<string, LockedTool> | null {
  const texts = written.map(({ definition }) => sortedJson(definition));
  const isRight = written.every(({ name, sha256, definition }, index) => {
    const text = texts[index];
    return definition['name'] === name && typeof text === 'string' && hashCanonical(text) === sha256;
  });
  if (!isRight) return null;
  const unpack = pack(texts.join('\n'));
  const tools = new Map(written.map((tool, index) => [tool.name, new ReviewedTool(tool, { unpack, index })]));
  return tools.size === written.length ? tools : null;
}

type Unpack = () => readonly unknown[];

/**
 * Keeps JSON texts, one a line, compressed: most of what a company's locks hold is looked at only where a tool is no
 * longer as it was reviewed. Once unpacked they stay as long as the memory is not needed.
 */
function pack(lines: string): Unpack {
  const packed = deflateRawSync(lines, { level: 1 });
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
