import type { Decision } from '../access/decision.ts';
import { type Explanation, explain, type NearMiss } from '../access/explain.ts';
import { identityOf, nameOf } from '../access/explain-caller.ts';
import type { KnownTool } from '../access/explain-world.ts';
import { type Command, type CommandInput, type Io, UsageError } from './command.ts';
import { classText, missingText, placeText, reasonText, whoText } from './explain-words.ts';
import { wrap } from './problems.ts';
import { callerOf, formatOf, momentText, type Opened, openWorld, toolOf, worldOptions } from './world.ts';

const help = `Usage: gatehouse explain WHO SERVER/TOOL [--at DATE] [--groups A,B]
                         [--config FILE] [--format human|json]

Says whether WHO may call the tool, by which rule and grant, until when, and
what else would allow it but for one thing. The answer is the gateway's own.
Reads files only: it asks no server and resolves no secret.

WHO is user:NAME or robot:NAME.

Options:
  --groups A,B     what the person's token says: groups' names or claim values
  --at DATE        ask for another time, 2027-01-31 or 2027-01-31T18:00Z, UTC
  --config FILE    the configuration (default: gateway.config.yaml)
  --format FORMAT  human (default) or json (schema/explain-output.schema.json)

Examples:
  gatehouse explain user:ana@acme.co github/create_issue --groups support
  gatehouse explain robot:nightly-report snowflake/run_query --at 2027-03-02

Exit codes: 0 allowed, 1 denied, 2 could not run
`;

/** So many near misses are told to a person; JSON holds all. */
const othersMax = 9;

const formats = { human, json } as const;

/** `gatehouse explain` */
export const explainCommand: Command = {
  words: ['explain'],
  summary: 'Say why somebody may or may not call a tool',
  help,
  options: { ...worldOptions, groups: { type: 'string' } },
  run,
};

async function run(input: CommandInput, io: Io): Promise<number> {
  const [who, tool, ...rest] = input.positionals;
  if (who === undefined || tool === undefined || rest.length > 0) throw new UsageError('expected WHO and SERVER/TOOL');
  const format = formatOf(input, formats);
  const opened = await openWorld(input, io);
  if (opened === null) return 2;
  const { world, at } = opened;
  const known = toolOf(tool, world);
  const caller = callerOf(who, input, { world, io });
  const explanation = explain(world, { who: identityOf(caller), target: known.target, at });
  io.out(format({ explanation, known, opened, columns: io.columns }));
  return explanation.verdict === 'allow' ? 0 : 1;
}

interface Report {
  readonly explanation: Explanation;
  readonly known: KnownTool;
  readonly opened: Opened;
  readonly columns: number;
}

function human(report: Report): string {
  const { explanation, known, opened, columns } = report;
  const { question, verdict, decision, others } = explanation;
  const { world } = opened;
  const { server, tool } = question.target;
  const head = `${verdict}  ${whoText(explanation, world.configuration.policy)} -> ${server}/${tool}`;
  const facts = [
    ...reasonFacts(explanation, opened),
    ['class', classText(known, world)],
    ['at', momentText(question.at)],
    ...lockFacts(known, opened),
  ];
  const told = others.slice(0, othersMax).map((other) => otherText(other, report));
  const more = others.length > othersMax ? [`  +${others.length - othersMax} more\n`] : [];
  const title = decision.effect === 'allow' ? 'Allowed as well by' : 'It would be allowed, but for one thing';
  return [
    `${head}\n\n`,
    ...facts.map(
      ([name = '', text = '']) => `  ${name.padEnd(10)} ${wrap(text, columns, ' '.repeat(13)).trimStart()}\n`,
    ),
    ...(told.length > 0 ? [`\n${title}:\n`, ...told, ...more] : []),
  ].join('');
}

function reasonFacts(explanation: Explanation, opened: Opened): string[][] {
  const { decision, revoked } = explanation;
  if (revoked !== null) return [['because', reasonText(explanation, opened)]];
  if (decision.effect === 'deny') {
    const hopeless = explanation.others.length === 0 ? [['', 'and no grant comes near']] : [];
    return [['because', reasonOnly(explanation, opened)], ...hopeless];
  }
  const { show, world } = opened;
  const grant = world.configuration.policy.grants.find(({ at }) => at === decision.grant);
  return [
    ['role', `${decision.role}, ${placeText(show(decision.rule))}`],
    ['granted', `${grant === undefined ? '' : `to ${nameOf(grant.to)}, `}${placeText(show(decision.grant))}`],
    ...(grant?.why ? [['why', grant.why]] : []),
    ...(decision.ticket === '' ? [] : [['ticket', decision.ticket]]),
    ['until', decision.until === null ? 'no end' : momentText(decision.until)],
  ];
}

/** The near misses follow in full. */
function reasonOnly(explanation: Explanation, opened: Opened): string {
  return reasonText({ ...explanation, others: [] }, opened);
}

function lockFacts({ target }: KnownTool, { world }: Opened): string[][] {
  const { gateway } = world.configuration;
  const isListed = world.tools.includes(target);
  if (isListed || gateway.lock !== 'strict') return [];
  return [['but', 'lock: strict hides it from everyone until gatehouse lock lists it']];
}

function otherText(other: NearMiss, { explanation, opened: { show }, columns }: Report): string {
  const { missing, role, rule, grant } = other;
  const isMissing = missing !== 'nothing';
  const indent = ' '.repeat(isMissing ? 15 : 2);
  const lines = [
    ...(isMissing ? [missingText(other, explanation)] : []),
    `role ${role}, ${placeText(show(rule))}`,
    `granted to ${nameOf(grant.to)}, ${placeText(show(grant.at))}`,
  ];
  const text = lines.map((line) => `${wrap(line, columns, indent)}\n`).join('');
  return isMissing ? `  ${missing.padEnd(12)} ${text.trimStart()}` : text;
}

function json({ explanation, known, opened }: Report): string {
  const { question, verdict, decision, revoked, others } = explanation;
  const { show } = opened;
  const { server, tool } = question.target;
  const answer = {
    verdict,
    who: question.who.key,
    claims: question.who.claims,
    tool: `${server}/${tool}`,
    class: question.target.class,
    classFrom: known.classFrom,
    at: momentText(question.at),
    until: decision.effect === 'allow' && decision.until !== null ? momentText(decision.until) : null,
    reason: revoked !== null ? 'revoked' : decision.effect === 'allow' ? 'granted' : decision.why,
    decidedBy: decidedBy(explanation, decision, opened),
    nearMisses: others.map((other) => ({
      missing: other.missing,
      message: missingText(other, explanation),
      role: other.role,
      ...show(other.rule),
      grant: { to: nameOf(other.grant.to), ...show(other.grant.at) },
    })),
  };
  return `${JSON.stringify(answer, null, 2)}\n`;
}

function decidedBy({ revoked }: Explanation, decision: Decision, { show, world }: Opened): unknown {
  if (revoked !== null) return { kind: 'revocation', name: `user:${revoked.value}`, ...show(revoked.at) };
  if (decision.effect === 'deny') {
    return decision.by === undefined ? null : { kind: 'guardrail', name: decision.by.name, ...show(decision.by.at) };
  }
  const grant = world.configuration.policy.grants.find(({ at }) => at === decision.grant);
  const to = grant === undefined ? null : nameOf(grant.to);
  return { kind: 'role', name: decision.role, ...show(decision.rule), grant: { to, ...show(decision.grant) } };
}
