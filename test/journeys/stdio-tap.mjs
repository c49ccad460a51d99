// Runs a stdio server and keeps a copy of every byte it says: node stdio-tap.mjs '{"command":[…],"env":{…},"copy":FILE}'
import { spawn } from 'node:child_process';
import { appendFileSync } from 'node:fs';

const { command, env, copy } = JSON.parse(process.argv[2]);
const [program, ...args] = command;
const server = spawn(program, args, { env, stdio: ['inherit', 'pipe', 'ignore'] });
server.stdout.on('data', (bytes) => {
  // First the copy: whoever has received a message finds it there.
  appendFileSync(copy, bytes);
  process.stdout.write(bytes);
});
server.on('close', (code) => process.exit(code ?? 1));
process.on('SIGTERM', () => server.kill('SIGTERM'));
