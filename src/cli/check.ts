import { existsSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import type { Configuration } from '../config/configuration.ts';
import { load } from '../config/load.ts';
import type { Problem } from '../config/problem.ts';
import { annotation, annotationsMax } from './annotation.ts';
import { type Command, type CommandInput, type Io, UsageError } from './command.ts';
import { renderProblems } from './problems.ts';

const help = `Usage: gatehouse check [--config FILE] [--format human|json|github]

Reads the gateway configuration and every policy file just as a gateway would,
and reports all that is wrong with them. Resolves no secret and runs nothing.

Options:
  --config FILE    the configuration (default: gateway.config.yaml)
  --format FORMAT  human: for a terminal (default)
                   json: {"ok", "problems": [{"code", "severity", "file",
                   "line", "col", "message", "hint"}]}
                   github: annotations for a GitHub workflow

Examples:
  gatehouse check
  gatehouse check --config deploy/gateway.config.yaml --format github

Exit codes: 0 no errors (warnings may be there), 1 errors, 2 could not run
`;

const formats = { human, json, github } as const;

/** `gatehouse check` */
export const checkCommand: Command = {
  words: ['check'],
  summary: 'Find every problem in the configuration',
  help,
  options: { config: { type: 'string' }, format: { type: 'string' } },
  run,
};

async function run({ values, positionals }: CommandInput, io: Io): Promise<number> {
  if (positionals.length > 0) throw new UsageError(`check takes no arguments, found ${positionals.join(' ')}`);
  const format = Object.entries(formats).find(([name]) => name === (values['format'] ?? 'human'))?.[1];
  if (format === undefined) throw new UsageError('--format is one of human, json, github');
  const config = resolve(io.cwd, String(values['config'] ?? 'gateway.config.yaml'));
  if (!existsSync(config)) throw new UsageError(`there is no ${relative(io.cwd, config) || config}`);
  const { configuration, problems } = await load(config);
  format({ configuration, problems, base: dirname(config) }, io);
  return configuration === null ? 1 : 0;
}

interface Report {
  readonly configuration: Configuration | null;
  readonly problems: readonly Problem[];
  /** Folder the problems' files are relative to. */
  readonly base: string;
}

function human({ configuration, problems, base }: Report, io: Io): void {
  if (problems.length > 0) io.out(renderProblems(problems, { ...io, base }));
  if (configuration === null) return;
  const { groups, roles, robots, grants } = configuration.policy;
  const counts = [
    count(configuration.servers.size, 'server'),
    count(roles.size, 'role'),
    count(groups.size, 'group'),
    count(robots.size, 'robot'),
    count(grants.length, 'grant'),
  ];
  io.out(`ok: ${counts.join(', ')}\n`);
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

function json({ configuration, problems, base }: Report, io: Io): void {
  const flat = problems.map(({ code, severity, at, message, hint }) => {
    return { code, severity, file: fileFrom(io.cwd, base, at.file), line: at.line, col: at.col, message, hint };
  });
  io.out(`${JSON.stringify({ ok: configuration !== null, problems: flat }, null, 2)}\n`);
}

function github({ problems, base }: Report, io: Io): void {
  for (const level of ['error', 'warning'] as const) {
    const of = problems.filter(({ severity }) => severity === level);
    for (const { code, at, message, hint } of of.slice(0, annotationsMax)) {
      const place = { ...at, file: fileFrom(io.cwd, base, at.file) };
      io.out(annotation({ level, place, title: code, message: hint === '' ? message : `${message}\n${hint}` }));
    }
    if (of.length <= annotationsMax) continue;
    const message = `+${of.length - annotationsMax} more`;
    io.out(annotation({ level, place: null, title: 'gatehouse check', message }));
  }
}

function fileFrom(cwd: string, base: string, file: string): string {
  return relative(cwd, resolve(base, file));
}
