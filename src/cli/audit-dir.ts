import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { type CommandInput, UsageError } from './command.ts';

interface DirOptions {
  readonly dir: { readonly type: 'string'; readonly multiple: true };
  readonly config: { readonly type: 'string' };
  readonly var: { readonly type: 'string' };
}

/** Options of every command that reads the log: where it is. */
export const DIR_OPTIONS: DirOptions = {
  dir: { type: 'string', multiple: true },
  config: { type: 'string' },
  var: { type: 'string' },
};

/** Their part of a command's help. */
export const DIR_HELP: string = `  --dir DIR              folder of an audit log; may be given several times
  --var DIR              state folder of the gateway: its log is in DIR/audit
  --config FILE          take audit.dir from this file; default
                         gateway.config.yaml here, then var/audit`;

/** The folders to read, absolute: `--dir`, else `--var`, else what the configuration says, else `var/audit`. */
export async function auditDirs({ values }: CommandInput, cwd: string): Promise<readonly string[]> {
  const { dir, config } = values;
  if (Array.isArray(dir)) return dir.map((folder) => resolve(cwd, String(folder)));
  if (typeof values['var'] === 'string') return [resolve(cwd, values['var'], 'audit')];
  const file = resolve(cwd, typeof config === 'string' ? config : 'gateway.config.yaml');
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' && config === undefined) return '';
    throw new UsageError(`cannot read ${file}: ${error.message}`, { cause: error });
  });
  return [resolve(dirname(file), await configuredDir(text, file))];
}

/** Only this one key: a configuration that is broken elsewhere does not lock its auditors out. */
async function configuredDir(text: string, file: string): Promise<string> {
  const { parseDocument } = await import('yaml');
  const document = parseDocument(text);
  const found = document.contents === null ? undefined : document.getIn(['audit', 'dir']);
  if (found === undefined) return 'var/audit';
  if (typeof found !== 'string') throw new UsageError(`audit.dir in ${file} is not a text; say --dir DIR`);
  return found;
}
