import { parseArgs } from 'node:util';
import { NoLog } from '../audit/files/log-files.ts';
import { type Command, type Io, UsageError } from './command.ts';
import { commands, type Entry } from './commands.ts';

/** Runs the command that `argv` (without node and script) names. Resolves to the exit code; 2 for a usage mistake. */
export async function run(argv: readonly string[], io: Io, version: string): Promise<number> {
  if (argv[0] === '--version' || argv[0] === '-v') return say(io, `gatehouse ${version}\n`);
  const entry = find(argv);
  if (entry === undefined) return guide(argv, io, version);
  const command = await entry.load();
  try {
    return await runCommand(command, argv.slice(entry.words.length), io);
  } catch (error) {
    if (!isUsageMistake(error)) throw error;
    io.err(await mistakeText(`gatehouse ${entry.words.join(' ')}`, error.message, io));
    return command.couldNotRun ?? 2;
  }
}

/** Whole where it is not for a terminal, so that it can be searched. */
async function mistakeText(command: string, message: string, { isTty, columns }: Io): Promise<string> {
  const { wrap } = await import('./format/problems.ts');
  const told = `${command}: ${message}`;
  return `${isTty ? wrap(told, columns, '') : told}\nTry: ${command} --help\n`;
}

async function runCommand(command: Command, args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { ...command.options, help: { type: 'boolean', short: 'h' } },
    allowPositionals: true,
  });
  if (values['help'] === true) return say(io, command.help);
  return command.run({ values, positionals }, io);
}

/** Node's own argument errors carry a code of this family and a sentence fit for people. */
function isUsageMistake(error: unknown): error is Error {
  if (error instanceof UsageError || error instanceof NoLog) return true;
  return error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
}

function find(argv: readonly string[]): Entry | undefined {
  return commands.find(({ words }) => words.every((word, index) => argv[index] === word));
}

/** Help for a group of commands (`gatehouse audit --help`) or for all; an unknown word is a mistake. */
function guide(argv: readonly string[], io: Io, version: string): number {
  const words = argv.filter((word) => !word.startsWith('-'));
  const asked = argv.some((word) => word === '--help' || word === '-h' || word === 'help');
  const path = words.filter((word) => word !== 'help');
  const within = commands.filter((entry) => path.every((word, index) => entry.words[index] === word));
  if (within.length === 0) {
    const group = commands.some(({ words }) => words.length > 1 && words[0] === path[0]) ? `${path[0]} ` : '';
    io.err(`gatehouse: there is no command "${path.join(' ')}".\nTry: gatehouse ${group}--help\n`);
    return 2;
  }
  const text = overview(within, path, version);
  if (asked || argv.length === 0) return say(io, text);
  io.err(path.length === 0 ? `gatehouse: ${argv[0]} is not an option.\n` : text);
  return 2;
}

function overview(entries: readonly Entry[], path: readonly string[], version: string): string {
  const width = Math.max(...entries.map(({ words }) => words.join(' ').length));
  const rows = entries.flatMap(({ heading, words, summary }, index) => [
    ...(heading === undefined || path.length === 0 ? [] : [`${index === 0 ? '' : '\n'}${heading}:`]),
    `  ${words.join(' ').padEnd(width)}  ${summary}`,
  ]);
  const title =
    path.length === 0 ? `gatehouse ${version}: one MCP endpoint for a team, governed by files in git\n\n` : '';
  return `${title}Usage: gatehouse ${[...path, 'COMMAND'].join(' ')} [OPTIONS]\n\n${rows.join('\n')}\n\nEvery command has --help. Exit code 70 is a defect of gatehouse itself.\n`;
}

function say(io: Io, text: string): number {
  io.out(text);
  return 0;
}
