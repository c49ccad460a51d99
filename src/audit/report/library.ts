import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseReport, type Report, ReportRefused } from './report.ts';

/** The reports that come with the program; the folder is beside `src` as well as `dist`. */
export const BUILT_IN: string = fileURLToPath(new URL('../../../audit/reports', import.meta.url));

const NAME = /^([a-z][a-z0-9-]{0,39})\.sql$/;
const FILES_MAX = 500;
const FILE_BYTES_MAX = 256 * 1024;

/** Every report of these folders, by name. Throws `ReportRefused` for a file that is none, and for a name used twice. */
export async function loadReports(folders: readonly string[]): Promise<ReadonlyMap<string, Report>> {
  const found = new Map<string, Report>();
  for (const folder of folders) {
    for (const file of await sqlFilesIn(folder)) {
      const path = join(folder, file);
      const name = NAME.exec(file)?.[1];
      if (name === undefined)
        throw new ReportRefused(`${path}: expected a name of small letters, digits and -, at most 40 long`);
      if (found.has(name)) throw new ReportRefused(`${path}: there is a report ${name} already: give it another name`);
      found.set(name, await loadReport(name, path));
    }
  }
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

async function sqlFilesIn(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch((cause: NodeJS.ErrnoException) => {
    throw new ReportRefused(`${folder}: expected a folder of reports: ${cause.message}`, { cause });
  });
  const files = names.filter((name) => name.endsWith('.sql')).sort();
  if (files.length > FILES_MAX) throw new ReportRefused(`${folder}: expected at most ${FILES_MAX} reports`);
  return files;
}

async function loadReport(name: string, path: string): Promise<Report> {
  const { size } = await stat(path);
  if (size > FILE_BYTES_MAX)
    throw new ReportRefused(`${path}: expected at most ${FILE_BYTES_MAX} bytes, found ${size}`);
  return parseReport(name, await readFile(path, 'utf8'), path);
}
