import type { Node, Pair, YAMLMap, YAMLParseError } from 'yaml';
import { Composer, CST, type Document, isMap, isScalar, isSeq, Lexer, LineCounter, Parser } from 'yaml';
import { createFindings, type Findings } from './findings.ts';
import type { Place, Problem } from './problem.ts';
import { placeInScalar } from './scalar-place.ts';
import { findInvisible, readText } from './scan.ts';

/** Levels of nesting accepted. */
const depthMax = 64;
/** After so many syntax errors the rest of a file says nothing new. */
const syntaxErrorsMax = 20;

/** Keys and list indices from the top of a file. */
export type Path = readonly (string | number)[];

/** One parsed file: plain data, and where each word of it stands. */
export interface Source {
  readonly file: string;
  readonly value: unknown;
  /** The place of the value at a path, or of the nearest thing above it that exists. */
  at(path: Path): Place;
  /** The place of the key that a path ends with. */
  key(path: Path): Place;
  /** The place of the character at `offset` of the text at a path. */
  within(path: Path, offset: number): Place;
  /** Every place of a text matching a global pattern, comments included. */
  search(pattern: RegExp): readonly Place[];
}

/** `source` is null when the file cannot be trusted to mean one thing; then `problems` says why. */
export interface Parsed {
  readonly source: Source | null;
  readonly problems: readonly Problem[];
}

/**
 * YAML 1.2 without its surprises: one document, no directives, anchors, aliases, merge keys or tags, unique string
 * keys. Each trap has its own code. Never throws; time is linear in the size of the file.
 */
export function parse(file: string, bytes: Buffer): Parsed {
  const findings = createFindings();
  const text = readText(bytes, (before, offset) => placesOf(file, before)(offset), findings);
  if (text === null) return { source: null, problems: findings.problems };
  const place = placesOf(file, text);
  const document = compose(text, place, findings);
  if (document?.contents) inspect(document.contents, place, findings);
  if (document === null || findings.problems.length > 0) return { source: null, problems: findings.problems };
  return { source: createSource({ file, text, document, place }), problems: [] };
}

/** First characters of the lexemes that `springTrap` looks at. */
const traps: ReadonlySet<string> = new Set('%&*!');

type PlaceAt = (offset: number) => Place;

function placesOf(file: string, text: string): PlaceAt {
  const lines = new LineCounter();
  for (let start = 0; start !== 0 || lines.lineStarts.length === 0; start = text.indexOf('\n', start) + 1) {
    lines.addNewLine(start);
  }
  return (offset) => ({ file, ...lines.linePos(Math.min(offset, text.length)) });
}

function compose(text: string, place: PlaceAt, findings: Findings): Document.Parsed | null {
  const composer = new Composer({ version: '1.2', schema: 'core', stringKeys: true, uniqueKeys: false });
  try {
    const tokens = tokenize(text, place, findings);
    if (tokens === null) return null;
    const [document] = composer.compose(tokens, true, text.length);
    if (document === undefined) throw new RangeError('a stream without a document');
    const errors = document.errors.slice(0, syntaxErrorsMax);
    for (const { code, message, pos } of errors.filter((error) => error === errors.find(isAt(error.pos[0])))) {
      if (code === 'NON_STRING_KEY')
        findings.error('GH024', place(pos[0]), 'expected text as a key, found something else');
      else findings.error('GH022', place(pos[0]), `not valid YAML: ${message}`);
    }
    return document;
  } catch (error) {
    // Absurd input can exhaust the stack inside the library; that is the file's fault and nothing else is caught.
    if (!(error instanceof RangeError)) throw error;
    findings.error('GH022', place(0), 'not valid YAML: too complicated to read');
    return null;
  }
}

function isAt(offset: number): (error: YAMLParseError) => boolean {
  return ({ pos }) => pos[0] === offset;
}

/** Tokens of the one document; null when a trap or the depth bound is found, before anything recursive sees them. */
function tokenize(text: string, place: PlaceAt, findings: Findings): CST.Token[] | null {
  const parser = new Parser();
  const tokens: CST.Token[] = [];
  for (const { lexeme, offset, isContent } of lexemesOf(text)) {
    if (!isContent && traps.has(lexeme.charAt(0))) springTrap(lexeme, place(offset), findings);
    for (const token of parser.next(lexeme)) tokens.push(token);
    if (parser.stack.length > depthMax && parser.stack.filter(CST.isCollection).length > depthMax) {
      findings.error('GH012', place(offset), `expected at most ${depthMax} levels of nesting, found more`);
      return null;
    }
    if (isHopeless(tokens)) break;
  }
  for (const token of parser.end()) tokens.push(token);
  const second = tokens.filter((token) => token.type === 'document')[1];
  if (second !== undefined) {
    findings.error('GH015', place(second.offset), {
      message: 'expected one document in the file, found a second one',
      hint: 'move it into a file of its own; policy files add up',
    });
  }
  return findings.problems.length > 0 ? null : tokens;
}

function isHopeless(tokens: readonly CST.Token[]): boolean {
  return tokens.length > syntaxErrorsMax && tokens.slice(-syntaxErrorsMax).every(({ type }) => type === 'error');
}

interface Lexeme {
  readonly lexeme: string;
  readonly offset: number;
  /** Whether it is the content of a scalar, which may look like anything. */
  readonly isContent: boolean;
}

function* lexemesOf(text: string): Generator<Lexeme> {
  let offset = 0;
  let isContent = false;
  for (const lexeme of new Lexer().lex(text)) {
    yield { lexeme, offset, isContent };
    const isMark: boolean = !isContent && (lexeme === CST.SCALAR || lexeme === CST.DOCUMENT || lexeme === CST.FLOW_END);
    if (!isMark) offset += lexeme.length;
    isContent = isMark && lexeme === CST.SCALAR;
  }
}

/** Refuses the parts of YAML that let a file mean something else than it seems to. */
function springTrap(lexeme: string, at: Place, findings: Findings): void {
  switch (CST.tokenType(lexeme)) {
    case 'directive-line':
      findings.error('GH014', at, { message: `found the directive ${clip(lexeme)}`, hint: 'delete the line' });
      break;
    case 'anchor':
      findings.error('GH016', at, { message: `found the anchor ${clip(lexeme)}`, hint: 'write the value out' });
      break;
    case 'alias':
      if (/^\*(\/|$)/.test(lexeme)) {
        findings.error('GH021', at, {
          message: `found ${clip(lexeme)} without quotes, which YAML reads as an alias`,
          hint: `write "${clip(lexeme)}"`,
        });
      } else {
        findings.error('GH017', at, { message: `found the alias ${clip(lexeme)}`, hint: 'write the value out' });
      }
      break;
    case 'tag':
      findings.error('GH023', at, { message: `found the tag ${clip(lexeme)}`, hint: 'delete it' });
      break;
    default:
  }
}

/** Keys and texts that are fine YAML and still mislead. */
function inspect(node: unknown, place: PlaceAt, findings: Findings): void {
  if (isSeq(node)) for (const item of node.items) inspect(item, place, findings);
  if (isScalar<unknown>(node) && typeof node.value === 'string') {
    const character = findInvisible(node.value);
    if (character === null) return;
    findings.error('GH013', place(node.range?.[0] ?? 0), `found the invisible character ${character.name}, escaped`);
  }
  if (!isMap(node)) return;
  const seen = new Map<string, number>();
  for (const pair of node.items) {
    inspectKey(pair, { seen, place, findings });
    inspect(pair.value, place, findings);
  }
}

interface KeyInspection {
  readonly seen: Map<string, number>;
  readonly place: PlaceAt;
  readonly findings: Findings;
}

function inspectKey(pair: Pair, { seen, place, findings }: KeyInspection): void {
  const name = keyOf(pair);
  const offset = offsetOf(pair.key);
  inspect(pair.key, place, findings);
  if (name === '<<') {
    findings.error('GH018', place(offset), { message: 'found the merge key <<', hint: 'write the keys out' });
  } else if (name === '__proto__') {
    findings.error('GH020', place(offset), 'found the key __proto__, which no file needs');
  }
  const first = seen.get(name);
  if (first !== undefined) {
    findings.error('GH019', place(offset), {
      message: `found the key ${clip(name)} a second time; the first is on line ${place(first).line}`,
      hint: 'keep one of them',
    });
  }
  seen.set(name, first ?? offset);
}

interface SourceParts {
  readonly file: string;
  readonly text: string;
  readonly document: Document.Parsed;
  readonly place: PlaceAt;
}

function createSource({ file, text, document, place }: SourceParts): Source {
  const indexes = new Map<YAMLMap, ReadonlyMap<string, Pair>>();
  function pairsOf(map: YAMLMap): ReadonlyMap<string, Pair> {
    const pairs = indexes.get(map) ?? new Map(map.items.map((pair) => [keyOf(pair), pair]));
    indexes.set(map, pairs);
    return pairs;
  }
  function child(node: unknown, step: string | number): { key: unknown; value: unknown } | null {
    if (isMap(node)) return pairsOf(node).get(String(step)) ?? null;
    const value = isSeq(node) ? node.items[Number(step)] : undefined;
    return value === undefined ? null : { key: value, value };
  }
  function find(path: Path, part: 'key' | 'value'): { readonly node: unknown; readonly at: Place } {
    let node: unknown = document.contents;
    let offset = offsetOf(node);
    for (const [index, step] of path.entries()) {
      const next = child(node, step);
      if (next === null) break;
      const keyWanted = (part === 'key' && index === path.length - 1) || !next.value;
      offset = offsetOf(keyWanted ? next.key : next.value);
      node = next.value;
    }
    return { node, at: place(offset) };
  }
  return {
    file,
    value: document.toJS({ maxAliasCount: 0 }),
    at: (path) => find(path, 'value').at,
    key: (path) => find(path, 'key').at,
    within: (path, offset) => {
      const { node, at } = find(path, 'value');
      return isScalar<unknown>(node) ? place(placeInScalar(node, { source: text, offset })) : at;
    },
    search: (pattern) => [...text.matchAll(pattern)].map((match) => place(match.index)),
  };
}

function keyOf(pair: Pair): string {
  return isScalar<unknown>(pair.key) ? String(pair.key.value ?? '') : '';
}

function offsetOf(node: unknown): number {
  return (node as Node | null)?.range?.[0] ?? 0;
}

/** A word of the file as a message shows it. */
export function clip(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
