import type { Entitlement } from '../access/entitlement.ts';
import { identityOf, revocationOf } from '../access/explain-caller.ts';
import { type Holding, holdingsOf } from '../access/explain-listing.ts';
import { describe } from '../access/explain-people.ts';
import { mayReach } from '../access/rights.ts';
import { renderTable } from '../audit/answer/table.ts';
import type { Revocation } from '../config/configuration.ts';
import type { Identity } from '../identity/identity.ts';
import { type Command, type CommandInput, type Io, UsageError } from './command.ts';
import { placeText } from './explain-words.ts';
import { count, type Outcome } from './format/outcome.ts';
import { outcomeFormats } from './format/outcome-formats.ts';
import { wrap } from './format/problems.ts';
import { callerOf, formatOf, momentText, type Opened, openWorld, placeOf, worldOptions } from './world.ts';

const help = `Usage: gatehouse what WHO [--at DATE] [--groups A,B] [--config FILE]
                      [--format FORMAT]

Lists the tools that WHO may call, by server, with their class, the role that
gives each and until when. Reads files only: it asks no server and resolves no
secret, so it knows the tools that are in the lock.

WHO is user:NAME or robot:NAME.

Options:
  --groups A,B     what the person's token says: groups' names or claim values
  --at DATE        ask for another time, 2027-01-31 or 2027-01-31T18:00Z, UTC
  --config FILE    the configuration (default: gateway.config.yaml)
  --format FORMAT  human (default), json (schema/what-output.schema.json),
                   github, sarif, junit or markdown

Examples:
  gatehouse what user:ana@acme.co --groups staff,support
  gatehouse what robot:nightly-report --format json

Exit codes: 0 answered, 2 could not run
`;

const formats = { human, json, ...outcomeFormats(outcome) } as const;

/** `gatehouse what` */
export const whatCommand: Command = {
  words: ['what'],
  summary: 'List the tools that somebody may call',
  help,
  options: { ...worldOptions, groups: { type: 'string' } },
  run,
};

async function run(input: CommandInput, io: Io): Promise<number> {
  const [word, ...rest] = input.positionals;
  if (word === undefined || rest.length > 0) throw new UsageError('expected one WHO');
  const format = formatOf(input, formats);
  const opened = await openWorld(input, io);
  if (opened === null) return 2;
  const { world, at } = opened;
  const who = identityOf(callerOf(word, input, { world, io }));
  const revoked = revocationOf(world.configuration.policy, who, at);
  const holdings = revoked === null ? holdingsOf(world, who, at) : [];
  const unlisted = revoked === null ? unlistedFor(who, opened) : [];
  io.out(format({ who, revoked, holdings, unlisted, opened, columns: io.columns }));
  return 0;
}

interface Report {
  readonly who: Identity;
  readonly revoked: Revocation | null;
  readonly holdings: readonly Holding[];
  /** Servers within their reach whose tools are not known, because they have no lock. */
  readonly unlisted: readonly string[];
  readonly opened: Opened;
  readonly columns: number;
}

function unlistedFor(who: Identity, { world: { configuration, access }, at }: Opened): readonly string[] {
  return [...configuration.servers.keys()].filter(
    (server) => !configuration.locks.has(server) && mayReach(access, { who, server, at }),
  );
}

function human({ who, revoked, holdings, unlisted, opened, columns }: Report): string {
  const { world, at, show } = opened;
  const head = `${wrap(`${describe(who, world.configuration.policy)}, at ${momentText(at)}`, columns, '')}\n\n`;
  if (revoked !== null) {
    return `${head}Nothing: revoked since ${momentText(revoked.since)}, ${placeText(show(revoked.at))}.\n`;
  }
  const rows = holdings.flatMap(({ target: { server, tool, class: toolClass }, entitlement }) => {
    if (entitlement.kind === 'none') return [];
    const { until, decision } = entitlement;
    const what = isWhole(entitlement) ? tool : `${tool} (some calls)`;
    return [[server, what, toolClass, decision.role, until === null ? '' : momentText(until)]];
  });
  const columnsOf = ['server', 'tool', 'class', 'role', 'until'].map((name) => ({ name, kind: 'text' as const }));
  const isStrict = world.configuration.gateway.lock === 'strict';
  const listless = isStrict ? 'Hidden by lock: strict' : 'Not listed';
  const unnamed = unlisted.length === 0 ? [] : [`\n${listless}, for they have no lock: ${unlisted.join(', ')}.\n`];
  return [
    head,
    rows.length === 0 ? 'No tool of the lock.\n' : renderTable({ columns: columnsOf, rows }, columns),
    ...(holdings.some(({ entitlement }) => entitlement.kind === 'some' && !isWhole(entitlement))
      ? ['\nWhich calls: gatehouse explain WHO SERVER/TOOL.\n']
      : []),
    ...cutLines(holdings),
    ...unnamed,
  ].join('');
}

function outcome({ who, revoked, holdings, opened }: Report): Outcome {
  const results = holdings.flatMap(({ target, entitlement }) => {
    if (entitlement.kind === 'none') return [];
    const { until, decision } = entitlement;
    const facts = [
      `${target.class} class, role ${decision.role}`,
      ...(isWhole(entitlement) ? [] : ['some calls only']),
      ...(until === null ? [] : [`until ${momentText(until)}`]),
    ];
    const place = placeOf(decision.rule, opened);
    return [
      { rule, level: 'note', title: `${target.server}/${target.tool}`, message: facts.join('\n'), place } as const,
    ];
  });
  const name = describe(who, opened.world.configuration.policy);
  const held = revoked === null ? count(results.length, 'tool') : `nothing, revoked since ${momentText(revoked.since)}`;
  return { command: 'what', verdict: `${name}: ${held}`, results, passed: [] };
}

const rule = { id: 'allowed', text: 'A tool that somebody may call.' } as const;

/** Whether every call is allowed. */
function isWhole({ conditions, except }: Extract<Entitlement, { kind: 'some' }>): boolean {
  return conditions[0] === null && except.length === 0;
}

function cutLines(holdings: readonly Holding[]): readonly string[] {
  const cuts = holdings.flatMap(({ target: { server, tool }, entitlement }) =>
    entitlement.kind === 'none' ? [`  ${server}/${tool}, by ${entitlement.decision.by?.name ?? ''}\n`] : [],
  );
  return cuts.length === 0 ? [] : ['\nGranted, and taken away by a guardrail:\n', ...cuts];
}

function json({ who, revoked, holdings, unlisted, opened: { at, show } }: Report): string {
  const answer = {
    who: who.key,
    claims: who.claims,
    at: momentText(at),
    revoked: revoked === null ? null : { since: momentText(revoked.since), ...show(revoked.at) },
    tools: holdings.flatMap(({ target: { server, tool, class: toolClass }, entitlement }) =>
      entitlement.kind === 'none'
        ? []
        : [
            {
              tool: `${server}/${tool}`,
              class: toolClass,
              role: entitlement.decision.role,
              ...show(entitlement.decision.rule),
              until: entitlement.until === null ? null : momentText(entitlement.until),
              calls: isWhole(entitlement) ? 'all' : 'some',
            },
          ],
    ),
    taken: holdings.flatMap(({ target: { server, tool, class: toolClass }, entitlement }) =>
      entitlement.kind === 'some'
        ? []
        : [{ tool: `${server}/${tool}`, class: toolClass, guardrail: entitlement.decision.by?.name ?? '' }],
    ),
    withoutLock: unlisted,
  };
  return `${JSON.stringify(answer, null, 2)}\n`;
}
