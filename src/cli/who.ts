import { callsThat } from '../access/compiled-condition.ts';
import { nameOf } from '../access/explain-caller.ts';
import { guardrailsOn, type Holder, holdersOf } from '../access/explain-listing.ts';
import { isHidden, type KnownTool } from '../access/explain-world.ts';
import { renderTable } from '../audit/answer/table.ts';
import type { Guardrail } from '../config/configuration.ts';
import { type Command, type CommandInput, type Io, UsageError } from './command.ts';
import { classText, hiddenText, placeText } from './explain-words.ts';
import { count, type Outcome } from './format/outcome.ts';
import { outcomeFormats } from './format/outcome-formats.ts';
import { wrap } from './format/problems.ts';
import { formatOf, momentText, type Opened, openWorld, placeOf, toolOf, worldOptions } from './world.ts';

const help = `Usage: gatehouse who SERVER/TOOL [--at DATE] [--config FILE]
                     [--format FORMAT]

Lists who may call the tool: every grant that gives it, by which role, until
when, and the guardrails that take it away again. Grants that are over are left
out. Reads files only: it asks no server and resolves no secret.

Options:
  --at DATE        ask for another time, 2027-01-31 or 2027-01-31T18:00Z, UTC
  --config FILE    the configuration (default: gateway.config.yaml)
  --format FORMAT  human (default), json (schema/who-output.schema.json),
                   github, sarif, junit or markdown

Examples:
  gatehouse who orders-db/delete_order
  gatehouse who snowflake/run_query --at 2027-02-01 --format json

Exit codes: 0 answered, 2 could not run
`;

const formats = { human, json, ...outcomeFormats(outcome) } as const;

/** `gatehouse who` */
export const whoCommand: Command = {
  words: ['who'],
  summary: 'List who may call a tool',
  help,
  options: worldOptions,
  run,
};

async function run(input: CommandInput, io: Io): Promise<number> {
  const [tool, ...rest] = input.positionals;
  if (tool === undefined || rest.length > 0) throw new UsageError('expected one SERVER/TOOL');
  const format = formatOf(input, formats);
  const opened = await openWorld(input, io);
  if (opened === null) return 2;
  const { world, at } = opened;
  const known = toolOf(tool, world);
  const holders = holdersOf(world, known.target, at);
  const guardrails = guardrailsOn(world, known.target);
  io.out(format({ known, holders, guardrails, opened, columns: io.columns }));
  return 0;
}

interface Report {
  readonly known: KnownTool;
  readonly holders: readonly Holder[];
  readonly guardrails: readonly Guardrail[];
  readonly opened: Opened;
  readonly columns: number;
}

function human({ known, holders, guardrails, opened, columns }: Report): string {
  const { world, at, show } = opened;
  const { server, tool } = known.target;
  const cuts = guardrails.map((guardrail) =>
    wrap(`${guardrail.name}, ${placeText(show(guardrail.at))}: ${aimText(guardrail)}`, columns, '  '),
  );
  return [
    `${server}/${tool}\n`,
    `${wrap(`class ${classText(known, world)}; at ${momentText(at)}`, columns, '')}\n\n`,
    holders.length === 0
      ? `Nobody: ${isHidden(world, known.target) ? hiddenText : 'no grant gives it'}.\n`
      : tableOf(holders, opened, columns),
    ...conditionLines(holders, opened, columns),
    ...(cuts.length > 0 ? [`\nGuardrails on it:\n${cuts.join('\n')}\n`] : []),
  ].join('');
}

function outcome({ known: { target }, holders, guardrails, opened }: Report): Outcome {
  const given = holders.map((holder) => {
    const { subject, role, until, conditions, grant } = holder;
    const facts = [
      `role ${role}`,
      ...conditions.map(callsThat),
      ...(until === null ? [] : [`until ${momentText(until)}`]),
      ...(holder.left === 'all' ? [] : [`denied ${cutText(holder)}`]),
    ];
    return { rule: grantRule, title: nameOf(subject), message: facts.join('\n'), place: placeOf(grant.at, opened) };
  });
  const taken = guardrails.map((guardrail) => {
    const { name, at } = guardrail;
    return { rule: guardrailRule, title: name, message: aimText(guardrail), place: placeOf(at, opened) };
  });
  return {
    command: 'who',
    verdict: `${count(holders.length, 'grant')} of ${target.server}/${target.tool}, ${count(taken.length, 'guardrail')} on it`,
    results: [...given, ...taken].map((result) => ({ ...result, level: 'note' })),
    passed: [],
  };
}

const grantRule = { id: 'grant', text: 'A grant that gives the tool.' } as const;
const guardrailRule = { id: 'guardrail', text: 'A guardrail that takes the tool away.' } as const;

/** Each role's conditions once, however often it is granted. */
function conditionLines(holders: readonly Holder[], { show }: Opened, columns: number): readonly string[] {
  const lines = holders.flatMap(({ role, conditions }) =>
    conditions.map((condition) =>
      wrap(`${role}, ${placeText(show(condition.at))}: ${callsThat(condition)}`, columns, '  '),
    ),
  );
  return lines.length === 0 ? [] : [`\nSome calls only:\n${[...new Set(lines)].join('\n')}\n`];
}

/** Columns that would be empty are left out, and the file's name where there is but one. */
function tableOf(holders: readonly Holder[], { show }: Opened, columns: number): string {
  const files = new Set(holders.map(({ grant }) => show(grant.at).file));
  const [onlyFile] = files.size === 1 ? files : [];
  const cells: Readonly<Record<string, (holder: Holder) => string>> = {
    who: ({ subject }) => nameOf(subject),
    role: ({ role }) => role,
    calls: ({ conditions }) => (conditions.length === 0 ? '' : 'some'),
    from: ({ from }) => (from === null ? '' : dayText(from)),
    until: ({ until }) => (until === null ? '' : dayText(until)),
    denied: cutText,
    granted: ({ grant: { at } }) => (onlyFile === undefined ? placeText(show(at)) : `line ${at.line}`),
  };
  const used = Object.entries(cells).filter(([, cell]) => holders.some((holder) => cell(holder) !== ''));
  const table = renderTable(
    {
      columns: used.map(([name]) => ({ name, kind: 'text' })),
      rows: holders.map((holder) => used.map(([, cell]) => cell(holder))),
    },
    columns,
  );
  return onlyFile === undefined ? table : `Granted in ${onlyFile}:\n\n${table}`;
}

/** The time of day only where it is not the first moment. */
function dayText(at: number): string {
  return momentText(at).replace('T00:00Z', '');
}

function cutText({ left, cutBy }: Holder): string {
  if (left === 'all') return '';
  return `${left === 'some' ? 'in part ' : ''}by ${cutBy.join(', ')}`;
}

function aimText({ to, except, condition }: Guardrail): string {
  const spared = except.length === 0 ? '' : `, except ${except.map(nameOf).join(', ')}`;
  return `${condition === null ? '' : `${callsThat(condition)} `}from ${to.map(nameOf).join(', ')}${spared}`;
}

function json({ known, holders, guardrails, opened: { world, at, show } }: Report): string {
  const { server, tool } = known.target;
  const answer = {
    tool: `${server}/${tool}`,
    class: known.target.class,
    classFrom: known.classFrom,
    at: momentText(at),
    hidden: isHidden(world, known.target),
    holders: holders.map(({ subject, role, rule, grant, from, until, conditions, left, cutBy }) => ({
      who: nameOf(subject),
      role,
      ...show(rule),
      grant: show(grant.at),
      from: from === null ? null : momentText(from),
      until: until === null ? null : momentText(until),
      conditions: conditions.map(({ args, when }) => ({ args, when })),
      left,
      guardrails: cutBy,
    })),
    guardrails: guardrails.map(({ name, to, except, condition, at: place }) => ({
      name,
      condition: condition && { args: condition.args, when: condition.when },
      to: to.map(nameOf),
      except: except.map(nameOf),
      ...show(place),
    })),
  };
  return `${JSON.stringify(answer, null, 2)}\n`;
}
