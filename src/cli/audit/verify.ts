import { printable } from '../../audit/answer/printable.ts';
import { type Verification, verify } from '../../audit/integrity/verify.ts';
import { type Command, UsageError } from '../command.ts';
import { auditDirs, DIR_HELP, DIR_OPTIONS } from './dir.ts';
import { readTrust, TRUST_OPTIONS } from './trust.ts';

/** `gatehouse audit verify` */
export const auditVerify: Command = {
  words: ['audit', 'verify'],
  summary: 'Prove that the audit log is intact',
  help: `Usage: gatehouse audit verify [OPTIONS]

Reads every line of the audit log and checks that the records of each writer
are all there, in order and unchanged: each holds the SHA-256 of the line
before it, and signed checkpoints say how far each writer had come. Says file,
line and byte of everything that was edited, deleted, inserted, swapped or cut
off.

Alone, the log can only be held against itself. --public-key proves who signed
it, --against proves that nothing was changed or cut off since that head was
kept: audit/integrity.md says what proves what.

Options:
  --against PATH         hold it against heads kept elsewhere: a file that
                         gatehouse audit head wrote, an anchor's folder or
                         repository, or - for standard input
  --public-key KEY       the signer's key, as gatehouse audit keys prints it,
                         or a file with it; may be given several times
${DIR_HELP}
  --format text|json     default text
  -h, --help             this text

Examples:
  gatehouse audit verify
  gatehouse audit verify --against heads.txt --public-key gatehouse.pub
  gatehouse audit verify --format json | jq .problems

Exit codes: 0 intact, 1 not intact, 2 could not run
`,
  options: { ...DIR_OPTIONS, ...TRUST_OPTIONS, format: { type: 'string', default: 'text' } },
  async run(input, io) {
    const { format } = input.values;
    if (format !== 'text' && format !== 'json')
      throw new UsageError(`--format is text or json, not "${String(format)}"`);
    if (input.positionals.length > 0)
      throw new UsageError('expected no words after audit verify; folders are --dir DIR');
    const dirs = await auditDirs(input, io.cwd);
    const trust = await readTrust(input, io.cwd);
    const found = await verify(dirs, trust).catch((error: NodeJS.ErrnoException) => {
      if (error.code === undefined) throw error;
      return error;
    });
    if (found instanceof Error) return fail(io, printable(found.message));
    if (found.files === 0) return fail(io, `there is no audit log in ${dirs.join(', ')}`);
    io.out(format === 'json' ? `${JSON.stringify(found, null, 2)}\n` : textOf(found));
    return found.ok ? 0 : 1;
  },
};

function fail(io: Parameters<Command['run']>[1], message: string): number {
  io.err(`gatehouse audit verify: ${message}\n`);
  return 2;
}

function textOf({ ok, files, records, problems, notes, head, signed, ofCommands, keys }: Verification): string {
  const lines = [
    ...problems.map(({ file, line, byte, kind, message }) => `${file}:${line} (byte ${byte}): ${kind}: ${message}`),
    ...notes.map((note) => `note: ${note}`),
    `${ok ? 'Intact' : `NOT INTACT, ${count(problems.length, 'problem')}`}: ${count(records, 'record')} in ${count(files, 'file')}.`,
    `Signed: ${count(signed, 'record')}${keys.map((key) => `, by ${key}`).join('')}.`,
    ...(ofCommands === 0
      ? []
      : [
          `Not signed: ${count(ofCommands, 'record')} of commands, held to what gateways that started or began a file later saw.`,
        ]),
    ...(head === null ? [] : [`Head: ${head.writer} ${head.seq} ${head.hash}`]),
  ];
  return lines.map((line) => `${printable(line)}\n`).join('');
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
