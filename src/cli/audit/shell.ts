import { createInterface, type Interface } from 'node:readline';
import { createSandbox, type Sandbox } from '../../audit/query/sandbox.ts';
import { type Command, type Io, UsageError } from '../command.ts';
import { exitCodeOf, putQuestion } from './answer.ts';
import { openHistory } from './history.ts';
import { openOutlet } from './outlet.ts';
import { QUESTION_HELP, QUESTION_OPTIONS, readLimits, readQuestion } from './question.ts';
import { recordQuestion } from './record.ts';
import { completions, readShellLine, type ShellSettings } from './shell-commands.ts';

/** `gatehouse audit shell` */
export const auditShell: Command = {
  words: ['audit', 'shell'],
  summary: 'Ask the audit log in SQL, one statement after another',
  help: `Usage: gatehouse audit shell [OPTIONS]

Reads statements and prints their answers, as gatehouse audit query does. A
statement ends with ; and may take several lines; .help lists what else there
is. Tab completes views and columns, Ctrl-C stops a statement, Ctrl-D leaves.
What is typed is kept for the next time in your state folder.

Options:
${QUESTION_HELP}
  -h, --help             this text

Examples:
  gatehouse audit shell
  gatehouse audit shell --since 7d --dir /mnt/archive/gw1
  echo "SELECT count(*) FROM denied;" | gatehouse audit shell

Exit codes: that of the last statement that was not answered, as for audit query
`,
  options: QUESTION_OPTIONS,
  async run(input, io) {
    if (input.positionals.length > 0) throw new UsageError('expected no words; statements are typed or piped in');
    const limits = readLimits(input);
    const settings: ShellSettings = { question: await readQuestion(input, io), format: 'table' };
    const sandbox = createSandbox(limits);
    const typed = io.isTty && process.stdin.isTTY === true;
    const history = typed ? await openHistory(io) : null;
    const terminal = createInterface({
      ...{ input: process.stdin, output: typed ? process.stdout : undefined, terminal: typed },
      ...{ history: history?.lines ?? [], historySize: 1_000, removeHistoryDuplicates: true, completer: completions },
    });
    terminal.on('history', (lines) => void history?.save(lines).catch((error: Error) => io.err(`${error.message}\n`)));
    try {
      if (typed) io.out('Statements end with ; and .help lists what else there is.\n');
      return await converse({ terminal, typed, sandbox, limits, io }, settings);
    } finally {
      terminal.close();
      await sandbox.close();
    }
  },
};

interface Shell {
  readonly terminal: Interface;
  /** Somebody sits before it: prompts are shown. */
  readonly typed: boolean;
  readonly sandbox: Sandbox;
  readonly limits: Parameters<typeof createSandbox>[0];
  readonly io: Io;
}

const PROMPT = 'audit> ';
const PROMPT_MORE = '  ...> ';

async function converse(shell: Shell, first: ShellSettings): Promise<number> {
  const { terminal, typed } = shell;
  let settings = first;
  let statement = '';
  let exitCode = 0;
  let busy = false;
  terminal.on('SIGINT', () => {
    if (busy) return;
    statement = '';
    shell.io.out('\n');
    prompt();
  });
  prompt();
  for await (const line of terminal) {
    if (!(await take(line))) return exitCode;
    prompt();
  }
  if (statement.trim() !== '') await answer();
  if (typed) shell.io.out('\n');
  return exitCode;

  /** Resolves to false to leave. */
  async function take(line: string): Promise<boolean> {
    if (statement === '' && line.trim() === '') return true;
    if (statement === '' && line.trim().startsWith('.')) {
      const next = obey(shell, line, settings);
      settings = next ?? settings;
      return next !== null;
    }
    statement += `${line}\n`;
    if (/;\s*$/.test(line)) await answer();
    return true;
  }

  async function answer(): Promise<void> {
    const sql = statement;
    statement = '';
    busy = true;
    const code = await put(shell, settings, sql);
    busy = false;
    if (code !== 0) exitCode = code;
  }

  function prompt(): void {
    if (!typed) return;
    terminal.setPrompt(statement === '' ? PROMPT : PROMPT_MORE);
    terminal.prompt();
  }
}

/** Null to leave. */
function obey({ io }: Shell, line: string, settings: ShellSettings): ShellSettings | null {
  try {
    const step = readShellLine(line, settings, new Date());
    if (step.kind === 'leave') return null;
    if (step.kind === 'set') return step.settings;
    io.out(step.text);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    io.err(`${error.message}\n`);
  }
  return settings;
}

async function put(
  { sandbox, limits, io, terminal, typed }: Shell,
  settings: ShellSettings,
  sql: string,
): Promise<number> {
  const question = { ...settings.question, sql };
  const outlet = await openOutlet({ format: settings.format, out: null, sql, io, limits });
  const interrupts = typed ? terminal : process;
  const asked = await putQuestion({ sandbox, question, outlet, io, command: 'gatehouse audit shell', interrupts });
  await recordQuestion({ question, asked, command: 'audit shell' }, io);
  return exitCodeOf(asked);
}
