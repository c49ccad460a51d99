import { resolve } from 'node:path';
import { AnchorFailed, anchor } from '../../audit/integrity/anchor.ts';
import { newestHeads } from '../../audit/integrity/heads.ts';
import type { AnchorPlace } from '../../config/audit-settings.ts';
import { type Command, type CommandInput, type Io, UsageError } from '../command.ts';
import { auditDirs, DIR_HELP, DIR_OPTIONS } from './dir.ts';

/** `gatehouse audit anchor` */
export const auditAnchor: Command = {
  words: ['audit', 'anchor'],
  summary: 'Keep the heads in another folder or repository',
  help: `Usage: gatehouse audit anchor (--git DIR | --folder DIR) [OPTIONS]

Keeps the newest signed checkpoint of every writer in another place, where
gatehouse audit verify --against DIR finds it. Each is a new file; none is
written again. A running gateway does it by itself where audit.anchor says.

Options:
  --git DIR              commit them in the repository that is checked out
                         there, signed if it is configured so; pushing is
                         yours, hooks are not run
  --folder DIR           any folder that is there, such as a mount
${DIR_HELP}
  -h, --help             this text

Examples:
  gatehouse audit anchor --git /srv/audit-heads
  gatehouse audit anchor --folder /mnt/worm/heads --folder /mnt/usb
  gatehouse audit verify --against /srv/audit-heads

Exit codes: 0 done, 2 could not run
`,
  options: { ...DIR_OPTIONS, git: { type: 'string', multiple: true }, folder: { type: 'string', multiple: true } },
  async run(input, io) {
    const places = placesIn(input, io.cwd);
    const dirs = await auditDirs(input, io.cwd);
    const heads = (await newestHeads(dirs)).map(({ note, ...checkpoint }) => ({ note, checkpoint }));
    if (heads.length === 0) return fail(io, `there is no checkpoint of an audit log in ${dirs.join(', ')}`);
    for (const place of places) {
      const failed = await anchor(heads, { place, environment: io.environment }).catch((error: unknown) => error);
      if (failed instanceof AnchorFailed) return fail(io, failed.message);
      if (failed !== undefined) throw failed;
    }
    io.out(`Kept ${heads.length} ${heads.length === 1 ? 'head' : 'heads'}.\n`);
    return 0;
  },
};

function fail(io: Io, message: string): number {
  io.err(`gatehouse audit anchor: ${message}\n`);
  return 2;
}

function placesIn({ values, positionals }: CommandInput, cwd: string): readonly AnchorPlace[] {
  const listed = (option: string): string[] =>
    [values[option] ?? []].flat().map((given) => resolve(cwd, String(given)));
  const places = [...listed('git').map((git) => ({ git })), ...listed('folder').map((dir) => ({ dir }))];
  if (places.length === 0 || positionals.length > 0)
    throw new UsageError('expected --git DIR or --folder DIR: where the heads are to be kept');
  return places;
}
