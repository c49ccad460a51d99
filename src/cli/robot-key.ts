import { type MintedKey, mintRobotKey } from '../identity/robot-key.ts';
import { type Command, type CommandInput, UsageError } from './command.ts';

/** `gatehouse robot key NAME` */
export const robotKey: Command = {
  words: ['robot', 'key'],
  summary: 'Make a key for a robot',
  help: `Usage: gatehouse robot key NAME [OPTIONS]

Makes a key for the robot NAME. Prints the key, once, and the YAML that makes
the gateway accept it: commit that under policies/. The YAML holds a SHA-256 of
the key, which is no secret. Nothing is written and nothing can show the key
again. To replace a key, commit a second one, move the robot over, then remove
the first: a robot may have several.

Options:
  --expires DATE         last day of the key, UTC, as YYYY-MM-DD; default one
                         year from today
  --format text|json     default text: the key on the first line, then YAML
  -h, --help             this text

Examples:
  gatehouse robot key nightly-report
  gatehouse robot key ci --expires 2027-03-31 --format json

Exit codes: 0 done, 2 could not run
`,
  options: {
    expires: { type: 'string' },
    format: { type: 'string', default: 'text' },
  },
  async run(input, io) {
    const { robot, expires, format } = readInput(input, new Date());
    const minted = mintRobotKey();
    const yaml = yamlOf(robot, expires, minted);
    if (format === 'json') {
      const { key, id, sha256 } = minted;
      io.out(`${JSON.stringify({ robot, key, id, sha256, expires, yaml }, null, 2)}\n`);
    } else {
      io.out(`${minted.key}\n\n${yaml}`);
      io.err(
        `The first line is the key of ${robot}. It is shown this once: store it where the robot reads its secrets.\n`,
      );
    }
    return 0;
  },
};

interface Asked {
  readonly robot: string;
  /** `YYYY-MM-DD` */
  readonly expires: string;
  readonly format: 'text' | 'json';
}

function readInput({ values, positionals }: CommandInput, today: Date): Asked {
  const [robot, ...rest] = positionals;
  if (robot === undefined || rest.length > 0) throw new UsageError('expected the name of one robot');
  if (!/^[a-z][a-z0-9_-]{0,39}$/.test(robot)) {
    throw new UsageError(`"${robot}" is no name: a lower-case letter, then letters, digits, - or _, at most 40`);
  }
  const { expires, format } = values;
  if (format !== 'text' && format !== 'json') throw new UsageError(`--format is text or json, not "${String(format)}"`);
  return { robot, expires: expires === undefined ? nextYear(today) : readDate(String(expires), today), format };
}

function nextYear(today: Date): string {
  const then = new Date(today);
  then.setUTCFullYear(today.getUTCFullYear() + 1);
  return dateOf(then);
}

function readDate(text: string, today: Date): string {
  const date = new Date(text);
  // Parsing alone would take 2027-02-30 for the second of March.
  if (Number.isNaN(date.getTime()) || dateOf(date) !== text) {
    throw new UsageError(`--expires is a date as YYYY-MM-DD, not "${text}"`);
  }
  if (text < dateOf(today)) throw new UsageError(`--expires ${text} has passed`);
  return text;
}

function dateOf(date: Date): string {
  return date.toISOString().slice(0, 10);
}

/** Quoted, since an id like `12e03456` and a digest of digits would be read as numbers. */
function yamlOf(robot: string, expires: string, { id, sha256 }: MintedKey): string {
  return `# Commit this under policies/. If the robot is there already, add the entry to its keys instead.
apiVersion: gatehouse/v1
robots:
  ${robot}:
    owner: TEAM # who answers for it
    keys:
      - id: "${id}"
        sha256: "${sha256}"
        expires: ${expires}
`;
}
