import { existsSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { classOf } from '../access/class.ts';
import { createLog } from '../admin/log.ts';
import { discover } from '../catalog/discover.ts';
import { draftLock, lockText } from '../catalog/draft-lock.ts';
import { escapeUnseen } from '../catalog/unseen.ts';
import type { Configuration, Server } from '../config/configuration.ts';
import { load } from '../config/load.ts';
import { overriddenClass } from '../config/overridden-class.ts';
import { suggest } from '../config/suggest.ts';
import { createCredentials } from '../credentials/resolve.ts';
import { createUpstreams, type Upstreams } from '../upstream/upstreams.ts';
import { version } from '../version.ts';
import { type Command, type CommandInput, type Io, UsageError } from './command.ts';
import { outcomeFormats } from './format/outcome-formats.ts';
import { type LockResult, lockOutcome, renderLock } from './lock-report.ts';
import { formatOf, tellProblems } from './world.ts';

const help = `Usage: gatehouse lock [SERVER...] [--check | --write] [--config FILE]
                      [--format FORMAT]

Asks servers for their tools and shows, tool by tool, how they differ from
policies/lock/SERVER.json, which holds what was reviewed. Without SERVER, all.
Writes nothing unless told to. It connects to the servers and starts those that
are commands, with the credentials of the environment it runs in.

Each difference has a grade, from mild to severe:
  order      a list that means the same in any order
  prose      titles and descriptions
  optional   a parameter that may be left out
  output     what the tool answers with
  input      what it asks for otherwise, or an address of somewhere else
  wording    text that instructs a model, or that nobody can see
  class      what it promises: reads only, destroys nothing

Options:
  --check          for CI: exit 1 when a lock is not as its server is
  --write          write the locks; commit them and have the diff reviewed
  --config FILE    the configuration (default: gateway.config.yaml)
  --format FORMAT  human (default), json (schema/lock-output.schema.json),
                   github: annotations; sarif, junit, or markdown: for a
                   comment

Examples:
  gatehouse lock
  gatehouse lock github --write
  gatehouse lock --check --format json

Exit codes: 0 done, 1 differences with --check, 2 could not run or a server
could not be reached
`;

const formats = { human, json, ...outcomeFormats(({ results }: Report) => lockOutcome(results)) } as const;

/** `gatehouse lock` */
export const lockCommand: Command = {
  words: ['lock'],
  summary: 'Compare what servers offer with what was reviewed',
  help,
  options: {
    check: { type: 'boolean' },
    write: { type: 'boolean' },
    config: { type: 'string' },
    format: { type: 'string' },
  },
  run,
};

async function run(input: CommandInput, io: Io): Promise<number> {
  const { check = false, write = false } = input.values;
  if (check && write) throw new UsageError('--check and --write exclude each other');
  const format = formatOf<(report: Report) => string>(input, formats);
  const config = resolve(io.cwd, String(input.values['config'] ?? 'gateway.config.yaml'));
  if (!existsSync(config)) throw new UsageError(`there is no ${relative(io.cwd, config) || config}`);
  // Under strict a rule about a tool that no lock lists yet is an error, and this is what would list it.
  const { configuration, problems, roots } = await load(config, { lock: 'warn' });
  if (configuration === null || roots.policies === null) {
    tellProblems(problems, dirname(config), io);
    return 2;
  }
  const servers = serversNamed(input.positionals, configuration);
  const folder = join(roots.policies, 'lock');
  const results = await lockServers({ configuration, servers, folder, write: write === true }, io);
  io.out(format({ results, check: check === true, io }));
  if (results.some(({ state }) => state === 'unreachable')) return 2;
  return check && results.some(({ state }) => state === 'differs') ? 1 : 0;
}

function serversNamed(names: readonly string[], { servers }: Configuration): readonly Server[] {
  if (names.length === 0) return [...servers.values()];
  return [...new Set(names)].map((name) => {
    const server = servers.get(name);
    if (server !== undefined) return server;
    const hint = suggest(name, servers.keys());
    throw new UsageError(`there is no server ${name}${hint && `: ${hint}`}`);
  });
}

interface Job {
  readonly configuration: Configuration;
  readonly servers: readonly Server[];
  /** Absolute path of the locks. */
  readonly folder: string;
  readonly write: boolean;
}

async function lockServers(job: Job, io: Io): Promise<readonly LockResult[]> {
  const upstreams = createUpstreams({
    credentialFor: createCredentials({ env: io.environment }).credentialFor,
    toolsChanged: () => undefined,
    stateChanged: () => undefined,
    log: createLog({ level: 'silent', format: 'json', descriptor: 2 }),
    version,
    environment: io.environment,
  });
  const servers = new Map(job.servers.map((server) => [server.name, server]));
  upstreams.apply({ ...job.configuration, servers });
  try {
    return await Promise.all(job.servers.map((server) => lockServer(server, { ...job, upstreams, cwd: io.cwd })));
  } finally {
    await upstreams.close(0);
  }
}

interface ServerJob extends Job {
  readonly upstreams: Upstreams;
  readonly cwd: string;
}

async function lockServer(server: Server, job: ServerJob): Promise<LockResult> {
  const { configuration, upstreams, folder } = job;
  const path = join(folder, `${server.name}.json`);
  const about = { server: server.name, file: relative(job.cwd, path) };
  const found = await discover({
    server,
    connection: upstreams.connectionFor(server),
    limits: configuration.limits,
    classify: classOf,
    signal: new AbortController().signal,
  });
  if (!found.ok) return { ...about, state: 'unreachable', reason: found.reason };
  const lock = configuration.locks.get(server.name) ?? null;
  const isOverridden = (tool: string): boolean => overriddenClass(server, tool) !== null;
  const { tools, changes } = draftLock({ lock, isOverridden }, found.tools);
  const state = changes.length === 0 ? 'same' : 'differs';
  const written = job.write && state === 'differs';
  if (written) await replaceFile(path, lockText(server.name, tools)).catch(refusedWrite(about.file));
  return { ...about, state, tools: tools.length, changes, refused: found.refused, written };
}

/** Whoever reads meanwhile finds the old file or the new one, never a part. */
async function replaceFile(path: string, text: string): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  await mkdir(dirname(path), { recursive: true });
  await writeFile(temporary, text);
  await rename(temporary, path);
}

/** What the file system refuses is told, not thrown as a defect of ours. */
function refusedWrite(file: string): (error: NodeJS.ErrnoException) => never {
  return (error) => {
    if (error.syscall === undefined) throw error;
    const message = `cannot write ${file} (${error.code}): may this user write to its folder, and is there space?`;
    throw new UsageError(message, { cause: error });
  };
}

interface Report {
  readonly results: readonly LockResult[];
  readonly check: boolean;
  readonly io: Io;
}

function human({ results, check, io }: Report): string {
  const text = renderLock(results, io.columns);
  const open = results.some((result) => result.state === 'differs' && !result.written);
  if (!open) return text;
  const next = check
    ? 'run gatehouse lock --write, and have the diff reviewed'
    : 'add --write, and have the diff reviewed';
  return `${text}\nNothing is written: ${next}.\n`;
}

function json({ results }: Report): string {
  const ok = results.every(({ state }) => state === 'same');
  return `${escapeUnseen(JSON.stringify({ ok, servers: results }, null, 2))}\n`;
}
