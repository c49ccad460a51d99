import { runCases } from '../../access/cases.ts';
import { type Difference, differenceOf } from '../../access/difference.ts';
import type { WrittenSide } from '../../access/difference-facts.ts';
import type { World } from '../../access/explain-world.ts';
import { byPlace } from '../../access/place-order.ts';
import type { Unused } from '../../access/unused.ts';
import type { CallGroup } from '../../audit/replay/replay.ts';
import { cut } from '../../config/cut.ts';
import type { Change } from '../../config/cut-lines.ts';
import { loadTree, type ReadFiles } from '../../config/load.ts';
import type { Problem } from '../../config/problem.ts';
import type { ReadFile } from '../../config/read.ts';
import { createReplaying, type ReplaySides } from '../plan/replay.ts';
import { whoText } from '../plan/report.ts';
import { rememberFiles, writtenSide } from '../plan/sides.ts';
import { readSuites } from '../test-files.ts';

/** What the edits are held against. */
export interface ProofParts {
  /** The files as they are, in which nothing is wrong. */
  readonly tree: ReadFiles;
  readonly side: WrittenSide;
  /** All decisions of the time in which use was looked for. */
  readonly calls: readonly CallGroup[];
  /** Absolute paths of the policy's tests. */
  readonly tests: readonly string[];
  /** Folder of the configuration file. */
  readonly base: string;
  /** As from when access is compared, epoch milliseconds. */
  readonly at: number;
}

/** Edits that take away nothing but what nobody used. */
export interface Proven {
  readonly edits: readonly Unused[];
  readonly kept: readonly Kept[];
  readonly files: readonly EditedFile[];
}

/** An edit that is left out. */
export interface Kept {
  readonly edit: Unused;
  readonly why: string;
}

export interface EditedFile extends Pick<ReadFile, 'path' | 'name'> {
  /** Before. */
  readonly text: string;
  readonly after: string;
  readonly changes: readonly Change[];
}

/**
 * Makes the edits in memory, and keeps those after which the files are still right, nobody gains anything or loses a
 * tool they used, and no test fails that passed. What does not hold is halved until single edits are found to break it.
 */
export async function prove(edits: readonly Unused[], parts: ProofParts): Promise<Proven> {
  const attempt = await createAttempt(parts);
  const kept: Kept[] = [];
  const proven = await keep(edits, []);
  const inOrder = (a: Kept, b: Kept) => byPlace(a.edit, b.edit);
  return { edits: proven.toSorted(byPlace), kept: kept.sort(inOrder), files: filesAfter(proven, parts.tree) ?? [] };

  async function keep(asked: readonly Unused[], before: readonly Unused[]): Promise<readonly Unused[]> {
    const all = [...before, ...asked];
    const why = asked.length === 0 ? null : await attempt(all);
    if (why === null) return all;
    const [edit, ...others] = asked;
    if (edit !== undefined && others.length === 0) {
      kept.push({ edit, why });
      return before;
    }
    const half = Math.ceil(asked.length / 2);
    return keep(asked.slice(half), await keep(asked.slice(0, half), before));
  }
}

/** Null when the layout of a file does not allow them together. */
function filesAfter(edits: readonly Unused[], { files }: ReadFiles): readonly EditedFile[] | null {
  const edited: EditedFile[] = [];
  for (const { name, path, bytes } of files) {
    const cuts = edits.filter(({ at }) => at.file === name).map((edit) => edit.cut);
    if (cuts.length === 0) continue;
    const text = bytes.toString('utf8');
    const mark = text.startsWith('\ufeff') ? '\ufeff' : '';
    const found = cut(text.slice(mark.length), cuts);
    if (found === null) return null;
    edited.push({ name, path, text, after: mark + found.text, changes: found.changes });
  }
  return edited;
}

/** Resolves to why the edits do not do together; null when they do. */
async function createAttempt(parts: ProofParts): Promise<(edits: readonly Unused[]) => Promise<string | null>> {
  const { tree, side, calls, at } = parts;
  const parseOne = rememberFiles();
  const failing = new Set(await failuresOf(side.world, parts));
  return async (edits) => {
    const files = filesAfter(edits, tree);
    if (files === null) return 'its lines hold something else too, or are laid out so that it cannot be taken out';
    const bytes = new Map(files.map(({ name, after }) => [name, Buffer.from(after)]));
    const edited = tree.files.map((file) => ({ ...file, bytes: bytes.get(file.name) ?? file.bytes }));
    const { linked, source, problems } = loadTree({ ...tree, files: edited }, { parseOne, now: () => new Date(at) });
    const error = problems.find(({ severity }) => severity === 'error');
    if (error !== undefined) return error.code === 'GH050' ? `${placed(error)} still names it` : wrong(error);
    if (linked === null || source === null) throw new TypeError('files without an error are linked');
    const head = writtenSide({ hash: '', git: null, ...linked }, source);
    const gained = gainOf(differenceOf(side, head, at));
    const failure = async () => (await failuresOf(head.world, parts)).find((text) => !failing.has(text)) ?? null;
    return gained ?? lossOf(calls, { base: side.world, head: head.world, at }) ?? (await failure());
  };
}

function placed({ at }: Problem): string {
  return `${at.file}:${at.line}`;
}

function wrong(problem: Problem): string {
  return `${placed(problem)} would be wrong: ${problem.message}`;
}

function gainOf({ verdict, changes }: Difference): string | null {
  if (verdict === 'none' || verdict === 'narrows') return null;
  const wider = changes.find(({ direction }) => direction === 'wider');
  return wider === undefined ? `its effect is ${verdict}` : `${whoText(wider)} would gain ${wider.tools[0]}`;
}

/** What was used must be held on the very same terms, so that no arguments need to be read. */
function lossOf(calls: readonly CallGroup[], sides: ReplaySides): string | null {
  const replaying = createReplaying(sides);
  replaying.add(calls.filter(({ decision }) => decision === 'allow'));
  const [lost] = replaying.sum().vanishing;
  if (lost !== undefined) return `${lost.who} called ${lost.server}/${lost.tool}, and could no longer`;
  const [tool] = replaying.waiting().tools;
  return tool === undefined ? null : `somebody called ${tool}, and would be held to other conditions`;
}

async function failuresOf(world: World, { tests, base, at }: ProofParts): Promise<readonly string[]> {
  const { suites, problems } = await readSuites(tests, { world, base, at });
  const failed = runCases(world, suites, { now: at }).filter(({ failures }) => failures.length > 0);
  return [
    ...problems.filter(({ severity }) => severity === 'error').map(wrong),
    ...failed.map(({ kind, name, place }) => `the ${kind} "${name}" in ${place.file}:${place.line} would fail`),
  ];
}
