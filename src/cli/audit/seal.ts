import { oldFiles } from '../../audit/files/finished.ts';
import { logSize, SealDamaged } from '../../audit/files/log-bytes.ts';
import type { LogFile } from '../../audit/files/log-files.ts';
import { type Manifest, readManifest, type SealedFile } from '../../audit/files/manifest.ts';
import { removeOldDrafts } from '../../audit/keeping/draft.ts';
import { SealRefused, sealFile } from '../../audit/keeping/seal.ts';
import { type Command, type Io, UsageError } from '../command.ts';
import { auditDirs, DIR_HELP, DIR_OPTIONS } from './dir.ts';
import { countOf, isFileError, KEEPING_HELP, KEEPING_OPTIONS, readAge, recordDone, sizeText } from './keeping.ts';

/** `gatehouse audit seal` */
export const auditSeal: Command = {
  words: ['audit', 'seal'],
  summary: 'Compress finished files of the log, and list them',
  help: `Usage: gatehouse audit seal [--write] [OPTIONS]

Compresses the files of the log that nobody writes to any more, and lists each
in _manifest.jsonl with its size, hashes and first and last record. What was
compressed is read back before the original is removed. Ended at any moment
and begun again, it goes on where it was. Every audit command reads sealed
files like the others; zcat reads them too.

Options:
${KEEPING_HELP}
${DIR_HELP}
  -h, --help             this text

Examples:
  gatehouse audit seal
  gatehouse audit seal --write
  gatehouse audit seal --older-than 0d --dir /var/lib/gatehouse/audit --write

Exit codes: 0 done, 1 some file could not be sealed, 2 could not run
`,
  options: { ...DIR_OPTIONS, ...KEEPING_OPTIONS },
  async run(input, io) {
    if (input.positionals.length > 0) throw new UsageError('expected no words after audit seal; folders are --dir DIR');
    const age = readAge(input);
    let refused = 0;
    for (const dir of await auditDirs(input, io.cwd)) {
      const manifest = await readManifest(dir);
      const { finished, open } = await oldFiles(dir, age);
      const due = finished.filter(({ name, sealed }) => !sealed || !manifest.files.has(name));
      for (const { path } of open) io.err(`gatehouse audit seal: ${path} may be being written: left as it is\n`);
      if (input.values['write'] === true) {
        await removeOldDrafts(dir, age.now);
        refused += await sealAll({ dir, due, manifest }, io);
      } else io.out(plan(dir, due));
    }
    return refused > 0 ? 1 : 0;
  },
};

function plan(dir: string, due: readonly LogFile[]): string {
  const bytes = due.reduce((sum, { path }) => sum + logSize(path), 0);
  const again = due.length > 0 ? '; say --write to do it' : '';
  return `Would seal ${countOf(due.length, 'file')} of ${sizeText(bytes)} in ${dir}${again}.\n`;
}

interface Due {
  readonly dir: string;
  readonly due: readonly LogFile[];
  readonly manifest: Manifest;
}

/** Resolves to how many could not be sealed. */
async function sealAll({ dir, due, manifest }: Due, io: Io): Promise<number> {
  const sealed: SealedFile[] = [];
  for (const file of due) {
    try {
      sealed.push(await sealFile(dir, file, manifest));
    } catch (error) {
      if (!(error instanceof SealRefused || error instanceof SealDamaged || isFileError(error))) throw error;
      io.err(`gatehouse audit seal: ${error.message}\n`);
    }
  }
  const [before, after] = [sumOf(sealed, 'bytes'), sumOf(sealed, 'gz_bytes')];
  io.out(`Sealed ${countOf(sealed.length, 'file')} in ${dir}: ${sizeText(before)}, now ${sizeText(after)}.\n`);
  const detail = { files: sealed.length, bytes: before, gz_bytes: after, refused: due.length - sealed.length };
  if (due.length > 0) await recordDone(dir, { ev: 'audit.seal', outcome: 'ok', detail }, io);
  return due.length - sealed.length;
}

function sumOf(sealed: readonly SealedFile[], field: 'bytes' | 'gz_bytes'): number {
  return sealed.reduce((sum, file) => sum + file[field], 0);
}
