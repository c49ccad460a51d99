import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { KeysRefused, loadKeys, SIGNING_FILE } from '../../audit/keys.ts';
import { type Command, UsageError } from '../command.ts';
import { auditKeysDir } from './dir.ts';
import { isFileError } from './keeping.ts';

/** `gatehouse audit keys` */
export const auditKeys: Command = {
  words: ['audit', 'keys'],
  summary: 'Print the public key that checks signatures',
  help: `Usage: gatehouse audit keys [OPTIONS]

Prints the public half of the key that signs the log's checkpoints, as one
line. It is no secret. Give it to whoever is to check the log, by a way that
those who can change the log do not control: only with it does a signature
prove who signed. The keys themselves are made when the gateway first starts.

Options:
  --var DIR              state folder of the gateway: its keys are in DIR/keys
  --config FILE          take audit.keys from this file; default
                         gateway.config.yaml here, then var/keys
  --format text|json     default text: the line alone
  -h, --help             this text

Examples:
  gatehouse audit keys
  gatehouse audit keys > gatehouse.pub
  gatehouse audit verify --public-key "$(gatehouse audit keys)"

Exit codes: 0 done, 2 could not run
`,
  options: { var: { type: 'string' }, config: { type: 'string' }, format: { type: 'string', default: 'text' } },
  async run(input, io) {
    const { format } = input.values;
    if (format !== 'text' && format !== 'json')
      throw new UsageError(`--format is text or json, not "${String(format)}"`);
    if (input.positionals.length > 0) throw new UsageError('expected no words after audit keys');
    const dir = await auditKeysDir(input, io.cwd);
    try {
      if (!existsSync(join(dir, SIGNING_FILE))) throw new KeysRefused(`there are no keys in ${dir} yet`);
      const { signing, macs } = await loadKeys(dir);
      const { verifier, keyId } = signing;
      io.out(
        format === 'json'
          ? `${JSON.stringify({ verifier, keyId, macs: [...macs.keys()] }, null, 2)}\n`
          : `${verifier}\n`,
      );
      return 0;
    } catch (error) {
      if (!(error instanceof KeysRefused || isFileError(error))) throw error;
      io.err(`gatehouse audit keys: ${error.message}\n`);
      return 2;
    }
  },
};
