import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { RecordName } from '../../audit/integrity/find-record.ts';
import { NoProof, prove } from '../../audit/integrity/prove.ts';
import { type Command, type CommandInput, UsageError } from '../command.ts';
import { auditDirs, DIR_HELP, DIR_OPTIONS } from './dir.ts';
import { isFileError, recordUse } from './keeping.ts';

/** `gatehouse audit prove WRITER:SEQ` */
export const auditProve: Command = {
  words: ['audit', 'prove'],
  summary: 'Prove that one record is in the log',
  help: `Usage: gatehouse audit prove WRITER:SEQ [OPTIONS]

Writes a proof that one record is in the log: the record, the signed
checkpoint and the hashes between them, a few kilobytes. Who holds the public
key can check it without the log and without a network. WRITER and SEQ are
fields of the record.

Options:
  --out FILE             write it there instead of printing it; a file that
                         exists is not overwritten
${DIR_HELP}
  -h, --help             this text

Examples:
  gatehouse audit prove acme-1a2b3c4d:4711
  gatehouse audit prove acme-1a2b3c4d:4711 --out transfer.tlog-proof
  gatehouse audit query --format csv "SELECT writer || ':' || seq FROM denied"

Exit codes: 0 done, 2 could not run
`,
  options: { ...DIR_OPTIONS, out: { type: 'string' } },
  async run(input, io) {
    const record = readName(input);
    const { out } = input.values;
    const dirs = await auditDirs(input, io.cwd);
    try {
      const proof = await prove(dirs, record);
      const detail = { record: `${record.writer}:${record.seq}` };
      await recordUse({ dirs, ev: 'audit.read', command: 'audit prove', detail }, io);
      if (out === undefined) io.out(proof);
      else await writeFile(resolve(io.cwd, String(out)), proof, { flag: 'wx' });
      return 0;
    } catch (error) {
      if (!(error instanceof NoProof || isFileError(error))) throw error;
      io.err(`gatehouse audit prove: ${error.message}\n`);
      return 2;
    }
  },
};

function readName({ positionals }: CommandInput): RecordName {
  const [name = '', ...rest] = positionals;
  const [, writer, seq] = /^(.+-[0-9a-f]{8}):([1-9]\d{0,14})$/.exec(name.trim()) ?? [];
  if (writer === undefined || rest.length > 0)
    throw new UsageError('expected one record as WRITER:SEQ, such as acme-1a2b3c4d:4711');
  return { writer, seq: Number(seq) };
}
