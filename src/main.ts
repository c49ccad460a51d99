#!/usr/bin/env node
import { createIo } from './cli/output.ts';
import { run } from './cli/run.ts';
import { version } from './version.ts';

/** EX_SOFTWARE of sysexits.h: no command's own code, so that a script never takes a crash for an answer. */
const defect = 70;

const io = createIo(process);
const exitCode = await run(process.argv.slice(2), io, version).catch((error: unknown) => {
  // Only a defect of ours comes here: expected failures are told by the commands.
  io.err(`gatehouse: internal error\n${error instanceof Error ? error.stack : String(error)}\n`);
  return defect;
});
// What has been printed leaves before the process does, however slow the reader of the pipe is.
await Promise.all([process.stdout, process.stderr].map((stream) => new Promise((done) => stream.write('', done))));
process.exit(exitCode);
