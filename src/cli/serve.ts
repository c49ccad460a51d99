import { dirname, relative, resolve } from 'node:path';
import type { Logger } from 'pino';
import { createLog, type LogSettings } from '../admin/log.ts';
import { KeysRefused } from '../audit/keys.ts';
import { AuditUnavailable } from '../audit/record/event.ts';
import type { ServerState } from '../catalog/tool.ts';
import { parseAddress, showAddress } from '../config/address.ts';
import type { Address, Configuration } from '../config/configuration.ts';
import { type LoadOptions, load } from '../config/load.ts';
import { type Gateway, type GatewayOptions, startGateway } from '../gateway.ts';
import { version } from '../version.ts';
import { type Command, type CommandInput, type Io, UsageError } from './command.ts';
import { renderProblems } from './format/problems.ts';

/** `gatehouse serve` */
export const serve: Command = {
  words: ['serve'],
  summary: 'Run the gateway',
  help: `Usage: gatehouse serve [OPTIONS]

Runs the gateway until SIGTERM or SIGINT, which lets calls finish; a second one
stops at once. SIGHUP reads the files again, which a change on disk does too.
Refuses to start on what "gatehouse check" refuses.

Options:
  --config FILE          default gateway.config.yaml
  --listen HOST:PORT     instead of gateway.listen
  --admin-listen HOST:PORT
                         instead of gateway.admin_listen
  --var DIR              state folder, instead of the configured places;
                         the audit log is then DIR/audit
  --log LEVEL            debug, info (default), warn, error or silent
  --log-format FORMAT    text (default on a terminal) or json
  -h, --help             this text

Examples:
  gatehouse serve
  gatehouse serve --config staging.yaml --listen 127.0.0.1:9000 --var /tmp/gw

Exit codes: 0 stopped as asked, 1 the files have problems, 2 could not run
`,
  options: {
    config: { type: 'string', default: 'gateway.config.yaml' },
    listen: { type: 'string' },
    'admin-listen': { type: 'string' },
    var: { type: 'string' },
    log: { type: 'string', default: 'info' },
    'log-format': { type: 'string' },
  },
  async run(input, io) {
    if (input.positionals.length > 0)
      throw new UsageError(`serve takes no words, found ${input.positionals.join(' ')}`);
    const log = createLog({ ...logSettings(input, io), descriptor: 2 });
    const path = resolve(io.cwd, String(input.values['config']));
    const first = await load(path, overridesIn(input, io));
    if (first.problems.length > 0) io.err(renderProblems(first.problems, { ...io, base: dirname(path) }));
    if (first.configuration === null) return 1;
    const gateway = await start({ path, first, environment: io.environment, log }, io);
    if (gateway === null) return 2;
    const stopped = untilStopped(gateway, log);
    await Promise.race([stopped, welcome(gateway, { configuration: first.configuration, io }).then(io.out)]);
    return stopped;
  },
};

function logSettings({ values }: CommandInput, io: Io): Pick<LogSettings, 'level' | 'format'> {
  const level = logLevels.find((one) => one === values['log']);
  if (level === undefined) throw new UsageError(`--log is one of ${logLevels.join(', ')}`);
  const format = values['log-format'] ?? (io.isTty ? 'text' : 'json');
  if (format !== 'text' && format !== 'json') throw new UsageError('--log-format is text or json');
  return { level, format };
}

const logLevels: readonly LogSettings['level'][] = ['debug', 'info', 'warn', 'error', 'silent'];

function overridesIn({ values }: CommandInput, io: Io): LoadOptions {
  const address = (option: string): Address | undefined => {
    const text = values[option];
    if (text === undefined) return undefined;
    const parsed = parseAddress(String(text));
    if (parsed === null) throw new UsageError(`--${option} must be HOST:PORT, found ${text}`);
    return parsed;
  };
  const [listen, adminListen] = [address('listen'), address('admin-listen')];
  const folder = values['var'];
  return {
    ...(listen && { listen }),
    ...(adminListen && { adminListen }),
    ...(folder !== undefined && { varDir: resolve(io.cwd, String(folder)) }),
  };
}

/** What stops a gateway from starting through no fault of the files; told without a stack. */
async function start(options: GatewayOptions, io: Io): Promise<Gateway | null> {
  try {
    return await startGateway(options);
  } catch (error) {
    if (!isCondition(error)) throw error;
    io.err(`gatehouse serve: ${error.message}${hints.get(error.code) ?? ''}\n`);
    return null;
  }
}

const hints: ReadonlyMap<string, string> = new Map([
  ['EADDRINUSE', '\nSomething else listens there: end it, or choose another place with --listen or --admin-listen.'],
  ['audit_unavailable', '\nNothing runs without its audit log: check the folder, its owner and the free space.'],
]);

function isCondition(error: unknown): error is Error & { readonly code: string } {
  if (error instanceof AuditUnavailable || error instanceof KeysRefused) return true;
  return error instanceof Error && 'syscall' in error && 'code' in error;
}

async function welcome(gateway: Gateway, { configuration, io }: Started): Promise<string> {
  const { servers } = await gateway.catalog.settled();
  const { gateway: settings, policy, audit } = configuration;
  // With port 0 the configuration does not know the address yet.
  const base = settings.listen.port === 0 ? `http://${showAddress(gateway.address)}` : settings.url;
  const endpoint = `${base}/mcp`;
  const credential = configuration.identity.local === null ? ' --header "Authorization: Bearer $KEY"' : '';
  const rows = [
    ['endpoint', endpoint],
    ['admin', `http://${showAddress(gateway.adminAddress)}  /healthz /readyz /metrics`],
    ['audit log', relative(io.cwd, audit.dir) || '.'],
    [
      'policy',
      `${count(policy.roles.size, 'role')}, ${count(policy.grants.length, 'grant')}, commit ${commitOf(configuration)}`,
    ],
    ...servers.map((server, index) => [index === 0 ? 'servers' : '', describeServer(server)]),
  ];
  return [
    `gatehouse ${version} runs ${settings.name} (${settings.environment})`,
    '',
    ...rows.map(([name = '', value = '']) => `  ${name.padEnd(11)}${value}`),
    '',
    'Connect Claude Code with:',
    '',
    `  claude mcp add --transport http gateway ${endpoint}${credential}`,
    '',
    'Stop with Ctrl-C.',
    '',
  ].join('\n');
}

interface Started {
  readonly configuration: Configuration;
  readonly io: Io;
}

function describeServer({ server, state, reason, tools }: ServerState): string {
  if (state === 'ready') return `${server}: ${count(tools, 'tool')}`;
  return `${server}: ${state === 'pending' ? 'not answering yet' : `not available (${reason})`}`;
}

function commitOf({ git, hash }: Configuration): string {
  return git === null ? `none (content ${hash})` : git.slice(0, 10);
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

/** SIGHUP reloads; the first SIGTERM or SIGINT stops gently, the second at once. Resolves to the exit code. */
function untilStopped(gateway: Gateway, log: Logger): Promise<number> {
  return new Promise((resolve) => {
    let stopping = false;
    process.on('SIGHUP', () => gateway.reload());
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop(signal));

    function stop(signal: NodeJS.Signals): void {
      if (stopping) resolve(2);
      else {
        stopping = true;
        log.info({ signal }, 'stopping: calls under way finish first');
        gateway.close(signal).then(
          () => resolve(0),
          (err: unknown) => {
            log.error({ err }, 'stopped uncleanly');
            resolve(2);
          },
        );
      }
    }
  });
}
