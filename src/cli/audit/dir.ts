import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { type CommandInput, UsageError } from '../command.ts';

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
  const { dir } = values;
  if (Array.isArray(dir)) return dir.map((folder) => resolve(cwd, String(folder)));
  if (typeof values['var'] === 'string') return [resolve(cwd, values['var'], 'audit')];
  const { base, audit } = await configured({ values }, cwd);
  return [resolve(base, audit.dir ?? 'var/audit')];
}

/** The folder of the log's keys, absolute: under `--var`, else as configured, else beside the log. */
export async function auditKeysDir({ values }: Pick<CommandInput, 'values'>, cwd: string): Promise<string> {
  if (typeof values['var'] === 'string') return resolve(cwd, values['var'], 'keys');
  const { base, audit } = await configured({ values }, cwd);
  return resolve(base, audit.keys ?? join(audit.dir ?? 'var/audit', '../keys'));
}

/** The folder of the user's own reports, absolute; null when the configuration names none. */
export async function configuredReports(input: Pick<CommandInput, 'values'>, cwd: string): Promise<string | null> {
  const { base, audit } = await configured(input, cwd);
  return audit.reports === undefined ? null : resolve(base, audit.reports);
}

/** `audit.retention_days` of the configuration; null when it does not say. */
export async function auditRetentionDays(input: Pick<CommandInput, 'values'>, cwd: string): Promise<number | null> {
  return (await configured(input, cwd)).audit.retentionDays ?? null;
}

interface Configured {
  /** Folder that paths are relative to. */
  readonly base: string;
  readonly audit: {
    readonly dir?: string;
    readonly keys?: string;
    readonly reports?: string;
    readonly retentionDays?: number;
  };
}

async function configured({ values: { config } }: Pick<CommandInput, 'values'>, cwd: string): Promise<Configured> {
  const file = resolve(cwd, typeof config === 'string' ? config : 'gateway.config.yaml');
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' && config === undefined) return '';
    throw new UsageError(`cannot read ${file}: ${error.message}`, { cause: error });
  });
  return { base: dirname(file), audit: await configuredPaths(text, file) };
}

/** Only these keys: a configuration that is broken elsewhere does not lock its auditors out. */
async function configuredPaths(text: string, file: string): Promise<Configured['audit']> {
  const { parseDocument } = await import('yaml');
  const document = parseDocument(text);
  const written = (key: string): unknown => (document.contents === null ? undefined : document.getIn(['audit', key]));
  const [dir, keys, reports] = ['dir', 'keys', 'reports'].map((key) => {
    const found = written(key);
    if (found === undefined || typeof found === 'string') return found;
    throw new UsageError(`audit.${key} in ${file} is not a text${key === 'dir' ? '; say --dir DIR' : ''}`);
  });
  const retentionDays = written('retention_days');
  const isCount = typeof retentionDays === 'number' && Number.isInteger(retentionDays) && retentionDays > 0;
  if (retentionDays !== undefined && !isCount)
    throw new UsageError(`audit.retention_days in ${file} is not a whole number of days`);
  return {
    ...(dir !== undefined && { dir }),
    ...(keys !== undefined && { keys }),
    ...(reports !== undefined && { reports }),
    ...(isCount && { retentionDays }),
  };
}
