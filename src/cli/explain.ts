import type { Terms } from '../access/compile.ts';
import { callsThat } from '../access/compiled-condition.ts';
import type { Arguments, Decision } from '../access/decision.ts';
import { type Explanation, explain, type NearMiss } from '../access/explain.ts';
import { identityOf, nameOf } from '../access/explain-caller.ts';
import type { KnownTool } from '../access/explain-world.ts';
import { judgedArguments } from '../calls/arguments.ts';
import type { Condition } from '../config/configuration.ts';
import type { Place } from '../config/problem.ts';
import { scanJson } from '../protocol/scan.ts';
import { type Command, type CommandInput, type Io, UsageError } from './command.ts';
import { classText, missingText, placeText, reasonText, whoText } from './explain-words.ts';
import type { Outcome } from './format/outcome.ts';
import { outcomeFormats } from './format/outcome-formats.ts';
import { wrap } from './format/problems.ts';
import { callerOf, formatOf, momentText, type Opened, openWorld, placeOf, toolOf, worldOptions } from './world.ts';

const help = `Usage: gatehouse explain WHO SERVER/TOOL [--args JSON] [--at DATE]
                         [--groups A,B] [--config FILE] [--format FORMAT]

Says whether WHO may call the tool, by which rule and grant, until when, and
what else would allow it but for one thing. The answer is the gateway's own.
Reads files only: it asks no server and resolves no secret.

WHO is user:NAME or robot:NAME. Without --args, allow is that some call would be
allowed, and the conditions of those that would are told.

Options:
  --args JSON      the arguments of one call, an object
  --groups A,B     what the person's token says: groups' names or claim values
  --at DATE        ask for another time, 2027-01-31 or 2027-01-31T18:00Z, UTC
  --config FILE    the configuration (default: gateway.config.yaml)
  --format FORMAT  human (default), json (schema/explain-output.schema.json),
                   github, sarif, junit or markdown

Examples:
  gatehouse explain user:ana@acme.co github/create_issue --groups support
  gatehouse explain robot:nightly-report snowflake/run_query --at 2027-03-02
  gatehouse explain user:ana@acme.co github/create_issue \\
    --args '{"repo":"docs"}'

Exit codes: 0 allowed, 1 denied, 2 could not run
`;

/** So many near misses are told to a person; JSON holds all. */
const othersMax = 9;

const formats = { human, json, ...outcomeFormats(outcome) } as const;

/** `gatehouse explain` */
export const explainCommand: Command = {
  words: ['explain'],
  summary: 'Say why somebody may or may not call a tool',
  help,
  options: { ...worldOptions, groups: { type: 'string' }, args: { type: 'string' } },
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
  const args = argumentsOf(input);
  const explanation = explain(world, { who: identityOf(caller), target: known.target, at, ...(args && { args }) });
  io.out(format({ explanation, known, opened, columns: io.columns }));
  return explanation.verdict === 'allow' ? 0 : 1;
}

/** They are read as a gateway reads them, and judged unfit as there. */
function argumentsOf({ values }: CommandInput): Arguments | null {
  if (values['args'] === undefined) return null;
  const raw = Buffer.from(String(values['args']));
  const scan = scanJson(raw, { depthMax: 64, membersDepth: 0, uniqueKeys: false });
  if (!scan.ok) throw new UsageError(`--args is a JSON object: ${scan.message}`);
  if (scan.root.kind !== 'object') throw new UsageError(`--args is a JSON object, found ${scan.root.kind}`);
  return judgedArguments(raw);
}

/** An explanation to be told. */
export interface Report {
  readonly explanation: Explanation;
  readonly known: KnownTool;
  readonly opened: Opened;
  readonly columns: number;
}

/** For a terminal. */
export function human(report: Report): string {
  const { explanation, known, opened, columns } = report;
  const { question, verdict, others } = explanation;
  const { world } = opened;
  const { server, tool } = question.target;
  const head = `${verdict}  ${whoText(explanation, world.configuration.policy)} -> ${server}/${tool}`;
  const facts = [
    ...reasonFacts(explanation, opened),
    ['class', classText(known, world)],
    ['at', momentText(question.at)],
  ];
  const told = others.slice(0, othersMax).map((other) => otherText(other, report));
  const more = others.length > othersMax ? [`  +${others.length - othersMax} more\n`] : [];
  const title = verdict === 'allow' ? 'Allowed as well by' : 'It would be allowed, but for one thing';
  return [
    `${wrap(head, columns, '')}\n\n`,
    ...facts.map(
      ([name = '', text = '']) => `  ${name.padEnd(10)} ${wrap(text, columns, ' '.repeat(13)).trimStart()}\n`,
    ),
    ...conditionLines(report),
    ...(told.length > 0 ? [`\n${title}:\n`, ...told, ...more] : []),
  ].join('');
}

/** A denial is what is found; where nothing in the policy is the reason, it stands at the tool's server. */
function outcome({ explanation, opened }: Report): Outcome {
  const { question, verdict, decision, revoked } = explanation;
  const { server, tool } = question.target;
  const { configuration } = opened.world;
  const title = `${whoText(explanation, configuration.policy)} -> ${server}/${tool}`;
  const at = decision.effect === 'allow' ? decision.rule : (decision.by ?? decision.unmet ?? revoked)?.at;
  const place = placeOf(at ?? configuration.servers.get(server)?.at, opened);
  const found = { rule, level: 'error', title, message: reasonText(explanation, opened), place } as const;
  return {
    command: 'explain',
    verdict: `${verdict}: ${title}`,
    results: verdict === 'deny' ? [found] : [],
    passed: verdict === 'deny' ? [] : [{ title, place }],
  };
}

const rule = { id: 'denied', text: 'Somebody may not call a tool.' } as const;

function reasonFacts(explanation: Explanation, opened: Opened): string[][] {
  const { decision, revoked, hidden } = explanation;
  if (revoked !== null || hidden) return [['because', reasonText(explanation, opened)]];
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

/** Told where no arguments were given to hold against them. */
function conditionLines({ explanation, opened: { show }, columns }: Report): readonly string[] {
  const { question, verdict, terms } = explanation;
  if (terms === null || verdict === 'deny' || question.args !== undefined) return [];
  const { alternatives, except } = termsOf(terms);
  const told = (name: string, at: Place, condition: Condition) =>
    [`${name}, ${placeText(show(at))}`, `  ${callsThat(condition)}`]
      .map((line) => `${wrap(line.trimStart(), columns, line.startsWith(' ') ? '    ' : '  ')}\n`)
      .join('');
  return [
    ...(alternatives.length > 0 ? ['\nOnly calls that meet one of these:\n'] : []),
    ...alternatives.map(({ role, at, condition }) => told(`role ${role}`, at, condition)),
    ...(except.length > 0 ? ['\nAnd none that meets one of these:\n'] : []),
    ...except.map(({ guardrail, at, condition }) => told(`guardrail ${guardrail}`, at, condition)),
  ];
}

/** Alternatives are none where one of them allows every call. */
function termsOf({ alternatives, except }: Terms) {
  const isOpen = alternatives.some(({ condition }) => condition === null);
  return {
    alternatives: alternatives.flatMap(({ allow: { role, rule: at }, condition }) =>
      isOpen || condition === null ? [] : [{ role, at, condition: condition.source }],
    ),
    except: except.map(({ name: guardrail, at, condition }) => ({ guardrail, at, condition: condition.source })),
  };
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

function json(report: Report): string {
  return `${JSON.stringify(answerOf(report), null, 2)}\n`;
}

/** As `schema/explain-output.schema.json` says. */
export function answerOf({ explanation, known, opened }: Pick<Report, 'explanation' | 'known' | 'opened'>): unknown {
  const { question, verdict, decision, terms, others } = explanation;
  const { show } = opened;
  const { alternatives, except } = termsOf(terms ?? { alternatives: [], except: [] });
  const { server, tool } = question.target;
  return {
    verdict,
    who: question.who.key,
    claims: question.who.claims,
    tool: `${server}/${tool}`,
    class: question.target.class,
    classFrom: known.classFrom,
    at: momentText(question.at),
    until:
      verdict === 'allow' && decision.effect === 'allow' && decision.until !== null ? momentText(decision.until) : null,
    reason: reasonWord(explanation),
    decidedBy: decidedBy(explanation, decision, opened),
    unmet: verdict === 'deny' && decision.effect === 'deny' ? (decision.unmet?.detail ?? null) : null,
    conditions: alternatives.map(({ at, condition: { args, when }, ...role }) => ({
      ...role,
      ...show(at),
      args,
      when,
    })),
    exceptions: except.map(({ at, condition: { args, when }, ...by }) => ({ ...by, ...show(at), args, when })),
    nearMisses: others.map((other) => ({
      missing: other.missing,
      message: missingText(other, explanation),
      role: other.role,
      ...show(other.rule),
      grant: { to: nameOf(other.grant.to), ...show(other.grant.at) },
    })),
  };
}

function reasonWord({ decision, revoked, hidden }: Explanation): string {
  if (revoked !== null) return 'revoked';
  if (hidden) return 'hidden';
  return decision.effect === 'allow' ? 'granted' : decision.why;
}

function decidedBy({ revoked, hidden }: Explanation, decision: Decision, { show, world }: Opened): unknown {
  if (revoked !== null) return { kind: 'revocation', name: `user:${revoked.value}`, ...show(revoked.at) };
  if (hidden) return null;
  if (decision.effect === 'deny') {
    const by = decision.by ?? decision.unmet;
    return by === undefined ? null : { kind: decision.unmet?.by ?? 'guardrail', name: by.name, ...show(by.at) };
  }
  const grant = world.configuration.policy.grants.find(({ at }) => at === decision.grant);
  const to = grant === undefined ? null : nameOf(grant.to);
  return { kind: 'role', name: decision.role, ...show(decision.rule), grant: { to, ...show(decision.grant) } };
}
