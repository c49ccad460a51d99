import { listNote } from '../../audit/integrity/checkpoint.ts';
import { newestHeads } from '../../audit/integrity/heads.ts';
import { type Command, UsageError } from '../command.ts';
import { auditDirs, DIR_HELP, DIR_OPTIONS } from './dir.ts';

/** `gatehouse audit head` */
export const auditHead: Command = {
  words: ['audit', 'head'],
  summary: 'Print the signed heads of the log, to keep elsewhere',
  help: `Usage: gatehouse audit head [OPTIONS]

Prints the newest signed checkpoint of every writer: how many records there
were, and a hash that stands for all of them. Keep it where those who can
change the log cannot: a mail, a ticket, another repository. Later,
gatehouse audit verify --against FILE proves that nothing before it was
changed or cut off.

Options:
${DIR_HELP}
  --format text|json     default text: the checkpoints as signed
  -h, --help             this text

Examples:
  gatehouse audit head > heads-2026-11-22.txt
  gatehouse audit head --format json | jq '.[] | {writer, size}'
  gatehouse audit head --dir /mnt/archive/gw1 | mail -s heads audit@acme.co

Exit codes: 0 done, 2 could not run
`,
  options: { ...DIR_OPTIONS, format: { type: 'string', default: 'text' } },
  async run(input, io) {
    const { format } = input.values;
    if (format !== 'text' && format !== 'json')
      throw new UsageError(`--format is text or json, not "${String(format)}"`);
    if (input.positionals.length > 0) throw new UsageError('expected no words after audit head; folders are --dir DIR');
    const dirs = await auditDirs(input, io.cwd);
    const heads = await newestHeads(dirs);
    if (heads.length === 0) {
      io.err(`gatehouse audit head: there is no checkpoint of an audit log in ${dirs.join(', ')}\n`);
      return 2;
    }
    io.out(
      format === 'json' ? `${JSON.stringify(heads, null, 2)}\n` : heads.map(({ note }) => listNote(note)).join(''),
    );
    return 0;
  },
};
