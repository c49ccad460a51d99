/** `npm run bench:audit`: makes a log, measures what is done with it, prints, and removes what it made. */
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { listLogFiles } from '../src/audit/files/log-files.ts';
import { signLog } from './audit-checkpoints.ts';
import { makeLog } from './audit-log.ts';
import { type AuditBenchOptions, help, readOptions } from './audit-options.ts';
import { reporting } from './audit-reporting.ts';
import { addCost, gatehouse, inRounds, tell } from './audit-round.ts';
import { apart, createSamples, markdown, middle, ratio, type Samples } from './audit-table.ts';
import { writerModes, writerThroughput } from './audit-writer.ts';
import { costOfProgram } from './cost.ts';

const DAYS = 10;
const WRITERS = 2;
const SMALL_RECORDS = 1_000;
const WRITER_RUN_MS = 1_000;
const CONCURRENCY = [1, 16, 64, 256];

process.exitCode = await main().catch((error: unknown) => {
  process.stderr.write(`bench:audit: ${error instanceof Error ? error.message : String(error)}\n`);
  return 2;
});

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  if (options === null) {
    process.stdout.write(help);
    return 0;
  }
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-bench-'));
  const end = (): void => rmSync(folder, { recursive: true, force: true });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      end();
      process.exit(130);
    });
  }
  try {
    const { records, rounds, parts } = options;
    const machine = `Node ${process.version}, ${availableParallelism()} × ${cpus()[0]?.model ?? ''}`;
    print(`${machine}; ${records} records, medians of ${rounds} rounds\n`);
    if (parts.includes('writing')) print(await writing(folder, options));
    if (parts.every((part) => part === 'writing')) return 0;
    const logs = await makeLogs(folder, options);
    if (parts.includes('verifying')) print(await verifying(logs, options));
    if (parts.includes('answers')) print(await firstAnswers(logs, options));
    if (parts.includes('reports')) print(await reporting(folder, logs, rounds));
    return 0;
  } finally {
    end();
  }
}

interface Logs {
  /** As its gateways would have left it, and the same with signed checkpoints. */
  readonly plain: string;
  readonly signed: string;
  readonly publicKey: string;
  /** Sealed, and every day archived. */
  readonly archived: string;
  /** Of `SMALL_RECORDS` records in one file, and of one record. */
  readonly small: string;
  readonly single: string;
}

async function makeLogs(folder: string, { records, seed }: AuditBenchOptions): Promise<Logs> {
  const names = { plain: 'plain', signed: 'signed', archived: 'archived', small: 'small', single: 'single' };
  const dirs = Object.fromEntries(Object.entries(names).map(([key, name]) => [key, join(folder, name, 'audit')]));
  const { plain = '', signed = '', archived = '', small = '', single = '' } = dirs;
  tell('making the logs');
  makeLog(plain, { records, days: DAYS, writers: WRITERS, seed });
  makeLog(small, { records: SMALL_RECORDS, days: 1, writers: 1, seed });
  makeLog(single, { records: 1, days: 1, writers: 1, seed });
  for (const copy of [signed, archived]) cpSync(plain, copy, { recursive: true });
  const publicKey = await signLog(signed, folder);
  tell('sealing and archiving one of them');
  for (const word of ['seal', 'archive']) await costOfProgram(gatehouse(word, '--dir', archived));
  return { plain, signed, publicKey, archived, small, single };
}

async function writing(folder: string, { rounds }: AuditBenchOptions): Promise<string> {
  const samples = createSamples();
  await inRounds(rounds, 'writing', async () => {
    for (const concurrency of CONCURRENCY) {
      for (const mode of writerModes) {
        const own = join(folder, `${mode}-${concurrency}`);
        mkdirSync(own);
        samples.add(`${mode} ${concurrency}`, await writerThroughput(own, { mode, concurrency, runMs: WRITER_RUN_MS }));
        rmSync(own, { recursive: true });
      }
    }
  });
  const rows = CONCURRENCY.flatMap((concurrency) =>
    writerModes.map((mode) => {
      const own = samples.of(`${mode} ${concurrency}`);
      const bare = samples.of(`write ${concurrency}`);
      return [mode, String(concurrency), middle(own), apart(own), ratio(own, bare, 3)];
    }),
  );
  return markdown('Writing', [['durability', 'callers', 'records/s', 'spread', 'to write()'], ...rows]);
}

async function verifying({ plain, signed, publicKey }: Logs, { rounds }: AuditBenchOptions): Promise<string> {
  const samples = createSamples();
  const paths = (await listLogFiles([plain])).map(({ path }) => path);
  const programs = {
    sha256sum: { command: 'sha256sum', args: paths },
    verify: gatehouse('verify', '--dir', plain),
    'verify, signed': gatehouse('verify', '--dir', signed, '--public-key', publicKey),
  };
  await inRounds(rounds, 'verifying', async () => {
    for (const [name, program] of Object.entries(programs)) addCost(samples, name, await costOfProgram(program));
  });
  const rows = Object.keys(programs).map((name) => costRow(samples, name, 'sha256sum'));
  return markdown('Verifying', [
    ['', 'wall ms', 'spread', 'to sha256sum', 'CPU ms', 'spread', 'to sha256sum'],
    ...rows,
  ]);
}

async function firstAnswers({ small }: Logs, { rounds }: AuditBenchOptions): Promise<string> {
  const samples = createSamples();
  const programs = {
    'audit query': gatehouse('query', '--dir', small, 'SELECT count(*) FROM calls'),
    'audit report denied': gatehouse('report', 'denied', '--dir', small),
    'audit verify': gatehouse('verify', '--dir', small),
  };
  await inRounds(rounds, 'first answers', async () => {
    for (const [name, program] of Object.entries(programs)) addCost(samples, name, await costOfProgram(program));
  });
  const rows = Object.keys(programs).map((name) => {
    const wall = samples.of(`${name} wall`);
    return [name, middle(wall), apart(wall), middle(samples.of(`${name} CPU`))];
  });
  return markdown(`First answer on ${SMALL_RECORDS} records`, [['', 'wall ms', 'spread', 'CPU ms'], ...rows]);
}

function costRow(samples: Samples, name: string, base: string): readonly string[] {
  return [
    name,
    ...['wall', 'CPU'].flatMap((what) => {
      const own = samples.of(`${name} ${what}`);
      return [middle(own), apart(own), ratio(own, samples.of(`${base} ${what}`))];
    }),
  ];
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
