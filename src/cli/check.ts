import { existsSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import type { Configuration } from '../config/configuration.ts';
import { load } from '../config/load.ts';
import type { Problem } from '../config/problem.ts';
import { type Command, type CommandInput, type Io, UsageError } from './command.ts';
import { count, type Outcome } from './format/outcome.ts';
import { outcomeFormats } from './format/outcome-formats.ts';
import { outcomeOf } from './format/problem-outcome.ts';
import { renderProblems } from './format/problems.ts';
import { formatOf, momentOf, worldOptions } from './world.ts';

const help = `Usage: gatehouse check [--at DATE] [--config FILE] [--format FORMAT]

Reads the gateway configuration and every policy file just as a gateway would,
and reports all that is wrong with them. Resolves no secret and runs nothing.

Options:
  --at DATE        tell what has expired by then, 2027-01-31 or
                   2027-01-31T18:00Z, UTC
  --config FILE    the configuration (default: gateway.config.yaml)
  --format FORMAT  human: for a terminal (default)
                   json: schema/check-output.schema.json
                   github: annotations for a GitHub workflow
                   sarif, junit: for pages that show findings and tests
                   markdown: for a comment

Examples:
  gatehouse check
  gatehouse check --at 2027-03-31
  gatehouse check --config deploy/gateway.config.yaml --format sarif

Exit codes: 0 no errors (warnings may be there), 1 errors, 2 could not run
`;

const formats = { human, json, ...outcomeFormats(outcome) } as const;

/** `gatehouse check` */
export const checkCommand: Command = {
  words: ['check'],
  summary: 'Find every problem in the configuration',
  help,
  options: worldOptions,
  run,
};

async function run(input: CommandInput, io: Io): Promise<number> {
  const { values, positionals } = input;
  if (positionals.length > 0) throw new UsageError(`check takes no arguments, found ${positionals.join(' ')}`);
  const format = formatOf<(report: Report) => string>(input, formats);
  const at = momentOf(values['at']);
  const config = resolve(io.cwd, String(values['config'] ?? 'gateway.config.yaml'));
  if (!existsSync(config)) throw new UsageError(`there is no ${relative(io.cwd, config) || config}`);
  const { configuration, problems } = await load(config, { now: () => new Date(at) });
  io.out(format({ configuration, problems, config, base: dirname(config), io }));
  return configuration === null ? 1 : 0;
}

interface Report {
  readonly configuration: Configuration | null;
  readonly problems: readonly Problem[];
  /** Absolute path of the configuration file. */
  readonly config: string;
  /** Folder the problems' files are relative to. */
  readonly base: string;
  readonly io: Io;
}

function human({ configuration, problems, base, io }: Report): string {
  const told = problems.length > 0 ? renderProblems(problems, { ...io, base }) : '';
  if (configuration === null) return told;
  const { groups, roles, robots, grants } = configuration.policy;
  const counts = [
    count(configuration.servers.size, 'server'),
    count(roles.size, 'role'),
    count(groups.size, 'group'),
    count(robots.size, 'robot'),
    count(grants.length, 'grant'),
  ];
  return `${told}ok: ${counts.join(', ')}\n`;
}

function outcome({ problems, base, config, io }: Report): Outcome {
  return outcomeOf(problems, { command: 'check', base, cwd: io.cwd, config });
}

function json({ configuration, problems, base, io }: Report): string {
  const flat = problems.map(({ code, severity, at, message, hint }) => {
    const file = relative(io.cwd, resolve(base, at.file));
    return { code, severity, file, line: at.line, col: at.col, message, hint };
  });
  return `${JSON.stringify({ ok: configuration !== null, problems: flat }, null, 2)}\n`;
}
