import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { printable } from '../../audit/answer/printable.ts';
import { checkProof } from '../../audit/integrity/proof.ts';
import { type Command, UsageError } from '../command.ts';
import { readPublicKeys, TRUST_OPTIONS } from './trust.ts';

/** `gatehouse audit check-proof FILE` */
export const auditCheckProof: Command = {
  words: ['audit', 'check-proof'],
  summary: 'Check such a proof, with the public key alone',
  help: `Usage: gatehouse audit check-proof FILE --public-key KEY

Checks a proof that gatehouse audit prove wrote, with nothing but the public
key, and prints the record. audit/check-proof.mjs does the same where only
Node is installed.

Options:
  --public-key KEY       the signer's key, as gatehouse audit keys prints it,
                         or a file with it; may be given several times
  --format text|json     default text
  -h, --help             this text

Examples:
  gatehouse audit check-proof transfer.tlog-proof --public-key gatehouse.pub
  gatehouse audit check-proof p.tlog-proof --public-key "$KEY" --format json
  node audit/check-proof.mjs transfer.tlog-proof gatehouse.pub

Exit codes: 0 proven, 1 not proven, 2 could not run
`,
  options: { 'public-key': TRUST_OPTIONS['public-key'], format: { type: 'string', default: 'text' } },
  async run(input, io) {
    const [file, ...rest] = input.positionals;
    const { format } = input.values;
    if (file === undefined || rest.length > 0) throw new UsageError('expected one file with a proof');
    if (format !== 'text' && format !== 'json')
      throw new UsageError(`--format is text or json, not "${String(format)}"`);
    const keys = await readPublicKeys(input, io.cwd);
    if (keys.length === 0) throw new UsageError('expected --public-key: gatehouse audit keys prints it');
    const text = await readFile(resolve(io.cwd, file), 'utf8').catch((error: Error) => {
      throw new UsageError(`cannot read the proof: ${error.message}`, { cause: error });
    });
    const verdict = checkProof(text, keys);
    if (verdict.kind === 'refuted') {
      io.out(format === 'json' ? `${JSON.stringify({ ok: false, why: verdict.why }, null, 2)}\n` : '');
      io.err(`gatehouse audit check-proof: NOT PROVEN: ${verdict.why}\n`);
      return 1;
    }
    const { checkpoint, line } = verdict;
    const record: Record<string, unknown> = JSON.parse(line.toString());
    io.out(format === 'json' ? `${JSON.stringify({ ok: true, record, checkpoint }, null, 2)}\n` : textOf(record));
    if (format === 'text')
      io.out(
        `\nProven: record ${record['seq']} of the ${checkpoint.size} that ${checkpoint.writer}\nhad signed by ${checkpoint.time}.\n`,
      );
    return 0;
  },
};

function textOf(record: Readonly<Record<string, unknown>>): string {
  return Object.entries(record)
    .map(
      ([name, value]) => `${name.padEnd(12)} ${printable(typeof value === 'string' ? value : JSON.stringify(value))}\n`,
    )
    .join('');
}
