import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { relative, resolve, sep } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { toolsMatching } from '../access/explain-world.ts';
import { createFindings } from '../config/findings.ts';
import { parse } from '../config/parse.ts';
import { linkTests, type Suite } from '../config/policy-tests.ts';
import type { Problem } from '../config/problem.ts';
import { fileBytesMax } from '../config/scan.ts';
import { createShapeCheck } from '../config/shape.ts';
import { UsageError } from './command.ts';
import type { Opened } from './world.ts';

/** Whose tests they are. */
export type Tested = Pick<Opened, 'world' | 'base' | 'at'>;

export interface ReadSuites {
  readonly suites: readonly Suite[];
  readonly problems: readonly Problem[];
}

/** Reads the test files at absolute paths. */
export async function readSuites(paths: readonly string[], opened: Tested): Promise<ReadSuites> {
  const check = createShapeCheck('policy-test');
  const findings = createFindings();
  const syntax: Problem[] = [];
  const suites: Suite[] = [];
  for (const path of paths) {
    const name = relative(opened.base, path).split(sep).join('/');
    const { source, problems } = parse(name, await read(path, name));
    syntax.push(...problems);
    if (source === null) continue;
    const { world, at: now } = opened;
    const { configuration } = world;
    const matchesTool = (target: Parameters<typeof toolsMatching>[1]) => toolsMatching(world, target).length > 0;
    suites.push(linkTests(check(source, findings), { configuration, matchesTool, findings, now }));
  }
  return { suites, problems: [...syntax, ...findings.problems].sort(byPlace) };
}

/** Every `*.test.yaml` of the policy folder, as absolute paths. */
export async function findTests(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder, { recursive: true });
  const visible = names.filter(
    (name) => name.endsWith('.test.yaml') && !name.split(sep).some((part) => /^\./.test(part)),
  );
  return visible.sort().map((name) => resolve(folder, name));
}

/** One byte more than a file may have is enough to refuse it. */
async function read(path: string, name: string): Promise<Buffer> {
  const info = await stat(path).catch(() => null);
  if (!info?.isFile()) throw new UsageError(`there is no file ${name}`);
  return buffer(createReadStream(path, { end: fileBytesMax }));
}

function byPlace(a: Problem, b: Problem): number {
  return a.at.file.localeCompare(b.at.file) || a.at.line - b.at.line || a.at.col - b.at.col;
}
