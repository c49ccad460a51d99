import { existsSync } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { addMacKey, KeysRefused, loadKeys, oldMacFiles, SIGNING_FILE } from '../../audit/keys.ts';
import { createMac } from '../../audit/record/mac.ts';
import { recordAct } from '../../audit/write/access-record.ts';
import { type Command, type CommandInput, type Io, UsageError } from '../command.ts';
import { auditDirs, auditKeysDir } from './dir.ts';
import { isFileError, operator, recordUse, type Use } from './keeping.ts';

/** `gatehouse audit mac` */
export const auditMac: Command = {
  words: ['audit', 'mac'],
  summary: 'Print the MAC of a text, to ask whether it was ever sent',
  help: `Usage: gatehouse audit mac --file FILE|- [OPTIONS]
       gatehouse audit mac --value TEXT [OPTIONS]
       gatehouse audit mac --rotate [OPTIONS]
       gatehouse audit mac --erase KID [OPTIONS]

Prints the key id and the MAC of some bytes, one line a key, as records hold
them in kid with args_mac or res_mac. A record with that MAC is of a call whose
arguments, or result, were exactly these bytes: the whole JSON text as it was
sent, such as {"iban":"DE02 1203 0000 0000 2020 51"}, with its spaces.

Without the key nobody can try out values against the log. Whoever has it can.

Options:
  --file FILE            the bytes of a file; - is standard input
  --value TEXT           this text; others on this machine can see it in the
                         list of processes, so prefer --file -
  --rotate               make a new key, which the gateway uses from its next
                         start; the old ones stay, for the records made with
                         them
  --erase KID            remove an old key, for good: nobody can try values
                         against its records any more, and the log stays whole.
                         Restart the gateway first, and mind your backups
  --var DIR              state folder of the gateway: its keys are in DIR/keys
  --config FILE          take audit.keys from this file; default
                         gateway.config.yaml here, then var/keys
  -h, --help             this text

Examples:
  printf %s '{"account":"4711"}' | gatehouse audit mac --file -
  gatehouse audit query "SELECT ts, actor, tool FROM calls
    WHERE args_mac = '8e2f41a4e6a9e46d08ea6c583fa12a00'"

Exit codes: 0 done, 2 could not run
`,
  options: {
    file: { type: 'string' },
    value: { type: 'string' },
    rotate: { type: 'boolean', default: false },
    erase: { type: 'string' },
    var: { type: 'string' },
    config: { type: 'string' },
  },
  async run(input, io) {
    const { file, value, rotate, erase } = input.values;
    const asked = [file, value, rotate || undefined, erase].filter((option) => option !== undefined);
    if (asked.length !== 1 || input.positionals.length > 0)
      throw new UsageError('expected one of --file FILE, --value TEXT, --rotate and --erase KID, and no words');
    try {
      if (erase !== undefined) return await eraseKey(String(erase), input, io);
      return rotate ? await addKey(input, io) : await print(input, io);
    } catch (error) {
      if (!(error instanceof KeysRefused || isFileError(error))) throw error;
      io.err(`gatehouse audit mac: ${error.message}\n`);
      return 2;
    }
  },
};

async function addKey(input: CommandInput, io: Io): Promise<number> {
  const { kid } = await addMacKey(await madeKeysDir(input, io));
  await recordKeyUse(input, { action: 'rotate', kid }, io);
  io.out(`${kid}\n`);
  io.err('gatehouse audit mac: restart the gateway to make MACs with this key\n');
  return 0;
}

/** Nothing is removed that is not on record as removed. */
async function eraseKey(kid: string, input: CommandInput, io: Io): Promise<number> {
  const files = await oldMacFiles(await madeKeysDir(input, io), kid);
  const who = operator();
  const detail = { command: 'audit mac', host: who.host, kid };
  for (const dir of await auditDirs(input, io.cwd))
    await recordAct(dir, who, { ev: 'audit.erase', outcome: 'ok', detail });
  for (const file of files) await rm(file);
  io.out(`Erased ${kid}.\n`);
  io.err('gatehouse audit mac: a gateway that was not restarted since --rotate still makes MACs with it\n');
  return 0;
}

async function print(input: CommandInput, io: Io): Promise<number> {
  const { macs } = await loadKeys(await madeKeysDir(input, io));
  const bytes = await bytesOf(input, io);
  await recordKeyUse(input, { action: 'ask', bytes: bytes.length }, io);
  if (input.values['value'] !== undefined)
    io.err('gatehouse audit mac: others on this machine may have seen the text; --file - hides it\n');
  if (bytes.at(-1) === LINE_FEED) io.err('gatehouse audit mac: the line feed at the end counts: try printf %s\n');
  for (const [kid, key] of macs) io.out(`${kid} ${createMac({ key })(bytes)}\n`);
  return 0;
}

/** What was asked about is kept by nobody. */
async function recordKeyUse(input: CommandInput, detail: Use['detail'], io: Io): Promise<void> {
  await recordUse({ dirs: await auditDirs(input, io.cwd), ev: 'admin.cli', command: 'audit mac', detail }, io);
}

/** Only a gateway's start makes keys: MACs under one made here would match nothing. */
async function madeKeysDir(input: CommandInput, io: Io): Promise<string> {
  const dir = await auditKeysDir(input, io.cwd);
  if (!existsSync(join(dir, SIGNING_FILE))) throw new KeysRefused(`there are no keys in ${dir} yet`);
  return dir;
}

const LINE_FEED = 0x0a;
/** As much as the largest body or result a configuration can allow. */
const BYTES_MAX = 256 * 1024 * 1024;

async function bytesOf({ values }: CommandInput, io: Io): Promise<Buffer> {
  if (values['value'] !== undefined) return Buffer.from(String(values['value']));
  if (values['file'] === '-') return readAll(process.stdin);
  const file = await open(resolve(io.cwd, String(values['file'])));
  return readAll(file.createReadStream());
}

async function readAll(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > BYTES_MAX) throw new UsageError(`expected at most ${BYTES_MAX} bytes, which is all a call can hold`);
  }
  return Buffer.concat(chunks);
}
