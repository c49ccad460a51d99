import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { load } from '../config/load.ts';
import { blockOf, isWritable, type OwnedPath, ownedPaths, withBlock } from './codeowners-block.ts';
import { type Command, type CommandInput, type Io, UsageError } from './command.ts';
import type { Outcome } from './format/outcome.ts';
import { outcomeFormats } from './format/outcome-formats.ts';
import { formatOf, tellProblems } from './world.ts';

const help = `Usage: gatehouse codeowners [FILE] [--check | --write] [--config FILE]
                            [--format FORMAT]

Shows the section of CODEOWNERS that asks the right people: the gateway's owner
about the configuration and every policy file, a server's owner about its lock,
and robots' owners about files that hold robots and nothing else. Who an owner
is stands in "owners" of the configuration. Writes nothing unless told to.

FILE is the repository's CODEOWNERS, .github/CODEOWNERS or docs/CODEOWNERS,
whichever is there; else .github/CODEOWNERS.

Options:
  --check          for CI: exit 1 when FILE has another section, or none
  --write          write the section; the rest of FILE stays as it is
  --config FILE    the configuration (default: gateway.config.yaml)
  --format FORMAT  human (default), json (schema/codeowners-output.schema.json),
                   github, sarif, junit or markdown

Examples:
  gatehouse codeowners
  gatehouse codeowners --check --format github

Exit codes: 0 done, 1 differences with --check, 2 could not run
`;

const formats = { human, json, ...outcomeFormats(outcome) } as const;

/** `gatehouse codeowners` */
export const codeowners: Command = {
  words: ['codeowners'],
  summary: 'Say in CODEOWNERS who is asked about what',
  help,
  options: {
    check: { type: 'boolean' },
    write: { type: 'boolean' },
    config: { type: 'string' },
    format: { type: 'string' },
  },
  run,
};

/** Where forges look for it, first to last. */
const usualPlaces = ['.github/CODEOWNERS', 'CODEOWNERS', 'docs/CODEOWNERS', '.gitlab/CODEOWNERS'] as const;

async function run(input: CommandInput, io: Io): Promise<number> {
  const { values, positionals } = input;
  if (positionals.length > 1) throw new UsageError(`codeowners takes one file, found ${positionals.join(' ')}`);
  if (values['check'] && values['write']) throw new UsageError('--check and --write exclude each other');
  const format = formatOf<(report: Report) => string>(input, formats);
  const paths = await readPaths(resolve(io.cwd, String(values['config'] ?? 'gateway.config.yaml')), io);
  if (paths === null) return 2;
  const { owned, root } = paths;
  const place = usualPlaces.find((each) => existsSync(join(root, each))) ?? usualPlaces[0];
  const file = positionals[0] === undefined ? join(root, place) : resolve(io.cwd, positionals[0]);
  const before = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw new UsageError(`cannot read ${relative(io.cwd, file)}: ${error.message}`, { cause: error });
  });
  const block = blockOf(owned);
  const after = withBlock(before, block);
  const shown = relative(io.cwd, file);
  if (after === null) {
    throw new UsageError(
      `${shown} must hold "# gatehouse: begin" and after it "# gatehouse: end", each once or neither`,
    );
  }
  const mode = values['check'] === true ? 'check' : values['write'] === true ? 'write' : 'show';
  const same = after === before;
  if (mode === 'write' && !same) await replaceFile(file, after, shown);
  io.out(format({ mode, same, file: shown, owned, block }));
  return mode === 'check' && !same ? 1 : 0;
}

interface Owned {
  readonly owned: readonly OwnedPath[];
  /** Absolute path of the working tree, or of the configuration's folder outside git. */
  readonly root: string;
}

/** Null when the configuration is wrong, which has then been told. */
async function readPaths(config: string, io: Io): Promise<Owned | null> {
  if (!existsSync(config)) throw new UsageError(`there is no ${relative(io.cwd, config)}`);
  const base = dirname(config);
  const { configuration, problems, roots } = await load(config);
  if (configuration === null || roots.policies === null) {
    tellProblems(problems, base, io);
    return null;
  }
  if (configuration.owners.handles.size === 0) {
    throw new UsageError('the configuration has no owners: name them, such as owners: { data: "@acme/data" }');
  }
  const root = workTreeOf(base) ?? base;
  const within = (path: string): string => relative(root, path).split(sep).join('/');
  const owned = ownedPaths(configuration, {
    config: within(config),
    policies: within(roots.policies),
    base: within(base),
  });
  const odd = owned.find((line) => !isWritable(line) || line.path.startsWith('/..'));
  if (odd !== undefined) throw new UsageError(`CODEOWNERS cannot name ${odd.path}: move or rename it`);
  return { owned, root };
}

/** The nearest folder upwards with a `.git`, which in linked work trees is a file. */
function workTreeOf(folder: string): string | null {
  if (existsSync(join(folder, '.git'))) return folder;
  const parent = dirname(folder);
  return parent === folder ? null : workTreeOf(parent);
}

/** Whoever reads meanwhile finds the old file or the new one, never a part. */
async function replaceFile(path: string, text: string, shown: string): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(temporary, text);
    await rename(temporary, path);
  } catch (error) {
    throw new UsageError(`cannot write ${shown}: ${error instanceof Error ? error.message : error}`, { cause: error });
  }
}

interface Report {
  readonly mode: 'show' | 'check' | 'write';
  /** Whether the file had this section already. */
  readonly same: boolean;
  /** As somebody in the working folder reads it. */
  readonly file: string;
  readonly owned: readonly OwnedPath[];
  readonly block: string;
}

function human(report: Report): string {
  if (report.mode === 'show') return report.block;
  return `${report.file}: ${stateOf(report)}\n${report.mode === 'check' && !report.same ? `\n${report.block}` : ''}`;
}

function stateOf({ mode, same }: Report): string {
  if (same) return 'as it should be';
  return mode === 'write' ? 'written' : 'its section is not this one: run gatehouse codeowners --write';
}

function json({ same, file, owned }: Report): string {
  return `${JSON.stringify({ ok: same, file, paths: owned }, null, 2)}\n`;
}

function outcome(report: Report): Outcome {
  const place = { file: report.file, line: 1, col: 1 };
  const isFine = report.same || report.mode === 'write';
  const rule = { id: 'codeowners', text: 'A CODEOWNERS file that does not ask those whom the configuration names.' };
  return {
    command: 'codeowners',
    verdict: stateOf(report),
    results: isFine ? [] : [{ rule, level: 'error', title: 'codeowners', message: stateOf(report), place }],
    passed: isFine ? [{ title: 'codeowners', place }] : [],
  };
}
