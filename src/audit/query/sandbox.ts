import { type ChildProcess, fork } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Sink } from '../answer/answer.ts';
import type {
  ArchiveTask,
  ConvertTask,
  Ended,
  Failure,
  FromSandbox,
  QueryTask,
  ToSandbox,
} from './sandbox-messages.ts';

/** What a statement may use. */
export interface SandboxLimits {
  /** In milliseconds, from the question to the last row. */
  readonly timeoutMs: number;
  /** Memory of DuckDB, in bytes; what does not fit is sorted and joined on disk. */
  readonly memoryBytes: number;
}

/** A question without an answer, for a reason that is no defect of ours. */
export class QueryFailed extends Error {
  override readonly name = 'QueryFailed';
  readonly code: Failure;

  constructor(code: Failure, message: string) {
    super(message);
    this.code = code;
  }
}

type Unequipped<T> = Omit<T, 'resources'>;

/** Runs statements in a process of its own, one after the other. The process is begun with the first. */
export interface Sandbox {
  /** Throws `QueryFailed`. When `signal` is aborted the statement is interrupted. */
  ask(task: Unequipped<QueryTask>, sink: Sink, signal?: AbortSignal): Promise<Ended>;
  /** Makes a Parquet file of JSON lines. Meant for a sandbox that has run no statement. */
  convert(task: Unequipped<ConvertTask>, signal?: AbortSignal): Promise<Ended>;
  /** Makes a Parquet file of log files; `rows` of the answer is what it holds. */
  archive(task: Unequipped<ArchiveTask>, signal?: AbortSignal): Promise<Ended>;
  /** Ends the process, whatever it is doing, and removes its folder. */
  close(): Promise<void>;
}

/** The program runs from source as well as built. */
const PROGRAM = fileURLToPath(new URL(`sandbox-process${extname(import.meta.url)}`, import.meta.url));
const HEAP_MB_MAX = 512;
/** DuckDB's own count leaves out what functions allocate; the process as a whole may have so much more. */
const MEMORY_ALLOWANCE_BYTES = 768 * 1024 * 1024;
/** A statement that was interrupted has so long to end before its process is ended. */
const INTERRUPT_MS_MAX = 1_000;

interface Process {
  readonly child: ChildProcess;
  readonly spillDir: string;
}

export function createSandbox(limits: SandboxLimits): Sandbox {
  let running: Promise<Process> | null = null;

  return {
    ask: (task, sink, signal) => run({ sink, signal }, (resources) => ({ kind: 'ask', task: { ...task, resources } })),
    convert: (task, signal) =>
      run({ sink: null, signal }, (resources) => ({ kind: 'convert', task: { ...task, resources } })),
    archive: (task, signal) =>
      run({ sink: null, signal }, (resources) => ({ kind: 'archive', task: { ...task, resources } })),
    close,
  };

  async function run(
    { sink, signal }: { readonly sink: Sink | null; readonly signal: AbortSignal | undefined },
    first: (resources: QueryTask['resources']) => ToSandbox,
  ): Promise<Ended> {
    running ??= begin();
    const { child, spillDir } = await running;
    const resources = { memoryBytes: limits.memoryBytes, spillDir };
    try {
      return await converse({ child, sink, signal, limits, first: first(resources) });
    } catch (error) {
      // A process that crashed, or did not end when it was told to, is not asked again.
      if (!child.connected || child.killed) await close();
      throw error;
    }
  }

  async function close(): Promise<void> {
    const ending = await running?.catch(() => null);
    running = null;
    if (ending === undefined || ending === null) return;
    const { child, spillDir } = ending;
    if (child.exitCode === null && child.signalCode === null) {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await ended;
    }
    await rm(spillDir, { recursive: true, force: true });
  }
}

/** It inherits neither the environment, with what secrets are in it, nor any open file. */
async function begin(): Promise<Process> {
  const spillDir = await mkdtemp(join(tmpdir(), 'gatehouse-query-'));
  const child = fork(PROGRAM, [], {
    env: { TZ: 'UTC' },
    execArgv: [...process.execArgv, `--max-old-space-size=${HEAP_MB_MAX}`],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  return { child, spillDir };
}

interface Conversation {
  readonly child: ChildProcess;
  readonly sink: Sink | null;
  readonly signal: AbortSignal | undefined;
  readonly limits: SandboxLimits;
  readonly first: ToSandbox;
}

/** One task from its first message to its last. The first reason to stop it is the one that is told. */
function converse({ child, sink, signal, limits, first }: Conversation): Promise<Ended> {
  const memoryMax = limits.memoryBytes + MEMORY_ALLOWANCE_BYTES;
  return new Promise((resolve, reject) => {
    let reason: QueryFailed | null = null;
    let insisting: NodeJS.Timeout | undefined;
    const deadline = setTimeout(() => stop(timeout(limits)), limits.timeoutMs);
    const interrupted = () => stop(new QueryFailed('interrupted', 'interrupted'));
    signal?.addEventListener('abort', interrupted);
    child.on('message', hear).on('exit', gone).on('error', gone);
    child.send(first);
    if (signal?.aborted === true) interrupted();

    function hear(message: FromSandbox): void {
      switch (message.kind) {
        case 'columns':
          return sink?.columns(message.columns);
        case 'rows':
          return void Promise.resolve(sink?.rows(message.rows) ?? false).then(
            (wanted) => child.connected && child.send({ kind: wanted ? 'more' : 'count' } satisfies ToSandbox),
            finish,
          );
        case 'pulse':
          if (message.residentBytes > memoryMax) kill(outOfMemory(limits));
          return sink?.progress(message.done);
        case 'end':
          return finish(null, message);
        case 'failed':
          return finish(reason ?? failed(message, limits));
        default:
          return message satisfies never;
      }
    }

    function stop(why: QueryFailed): void {
      reason ??= why;
      if (child.connected) child.send({ kind: 'interrupt' } satisfies ToSandbox);
      insisting ??= setTimeout(() => kill(why), INTERRUPT_MS_MAX);
    }

    function kill(why: QueryFailed): void {
      reason ??= why;
      child.kill('SIGKILL');
    }

    function gone(): void {
      finish(reason ?? crashed(child));
    }

    function finish(error: unknown, ended?: Ended): void {
      clearTimeout(deadline);
      clearTimeout(insisting);
      signal?.removeEventListener('abort', interrupted);
      child.off('message', hear).off('exit', gone).off('error', gone);
      if (ended === undefined) reject(error);
      else resolve({ rows: ended.rows, unreadable: ended.unreadable });
    }
  });
}

function timeout({ timeoutMs }: SandboxLimits): QueryFailed {
  return new QueryFailed(
    'timeout',
    `no answer within ${timeoutMs / 1000} s: narrow it with --since, or allow more with --timeout`,
  );
}

function outOfMemory({ memoryBytes }: SandboxLimits): QueryFailed {
  const megabytes = Math.round(memoryBytes / 1024 / 1024);
  return new QueryFailed(
    'memory',
    `more than ${megabytes} MB of memory would be needed: narrow it with --since, or allow more with --memory`,
  );
}

function failed({ failure, message }: FromSandbox & { kind: 'failed' }, limits: SandboxLimits): QueryFailed {
  return failure === 'memory' ? outOfMemory(limits) : new QueryFailed(failure, message);
}

function crashed({ signalCode, exitCode }: ChildProcess): QueryFailed {
  const how = signalCode ?? `exit code ${exitCode ?? 'unknown'}`;
  return new QueryFailed(
    'crashed',
    `the process that ran the statement ended (${how}), most likely for want of memory. The log is untouched; ask for less at once.`,
  );
}
