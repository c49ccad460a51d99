import { nameOf } from '../../../src/access/explain-caller.ts';
import { lockText } from '../../../src/catalog/draft-lock.ts';
import type {
  Condition,
  Grant,
  Guardrail,
  Policy,
  Role,
  Subject,
  SubjectPattern,
  Target,
} from '../../../src/config/configuration.ts';
import { lockHash } from '../../../src/config/lock-hash.ts';
import { type Random, randomPolicy, servers } from '../../access/random-policy.ts';

/** The files of a configuration, by path. */
export type Files = Readonly<Record<string, string>>;

export const locked: Readonly<Record<string, Readonly<Record<string, 'read' | 'write' | 'destructive'>>>> = {
  db: { get: 'read', get_all: 'read', set: 'write', set_all: 'destructive', x: 'destructive' },
  wiki: { get: 'read', set: 'write', 'drop-all': 'destructive' },
};

/** A random policy over two servers with a lock and one without, written in a random layout. */
export function randomFiles(dice: Random): Files {
  const locks = Object.entries(locked).map(([server, tools]) => {
    const reviewed = Object.entries(tools).map(([name, toolClass]) => {
      const definition = { name, inputSchema: { type: 'object', properties: {} } };
      return { name, class: toolClass, sha256: lockHash(definition), definition } as const;
    });
    return [`policies/lock/${server}.json`, lockText(server, reviewed)] as const;
  });
  const registry = servers.map((name) => `  ${name}: { url: "https://${name}.example/mcp" }\n`).join('');
  return {
    'gateway.config.yaml': `apiVersion: gatehouse/v1\ngateway: { name: acme, environment: prod }\nservers:\n${registry}`,
    'policies/access.yaml': policyText(randomPolicy(dice), dice),
    ...Object.fromEntries(locks),
  };
}

function policyText({ groups, roles, grants, guardrails }: Policy, dice: Random): string {
  const list = (words: readonly string[]) => `[${[...new Set(words)].map(word).join(', ')}]`;
  const groupLines = [...groups.values()].map(({ name, claims, members }) => {
    const parts = [...(members.length > 0 ? [`members: ${list(members)}`] : []), `claim: ${list([...claims, 'rest'])}`];
    return `  ${name}: { ${parts.join(', ')} }\n`;
  });
  const text = [
    'apiVersion: gatehouse/v1\n',
    `robots:\n  nightly: { owner: me }\n  ana: { owner: me }\n`,
    `groups:\n${groupLines.join('')}`,
    `roles:\n${[...roles.values()].map((role) => roleText(role, dice)).join(dice.pick(['', '\n']))}`,
    `grants:\n${grantTexts(grants, dice).join(dice.pick(['', '\n']))}`,
    `guardrails:\n${[...guardrails.values()].map(guardrailText).join('')}`,
  ].join(dice.pick(['', '\n']));
  return dice.below(3) === 0 ? text.replaceAll('\n', '\r\n') : text;
}

function word(text: string): string {
  return /^[a-z][\w/:*?-]*$/.test(text) ? text : JSON.stringify(text);
}

function comment({ below }: Random, indent: string): string {
  return below(4) === 0 ? `${indent}# Why "this": [is, here].\n` : '';
}

const tail = ({ pick }: Random): string => pick(['', '', '', ' # so']);

function roleText({ name, rules, includes }: Role, dice: Random): string {
  const included = includes.length === 0 ? '' : `    includes: [${[...new Set(includes)].join(', ')}]\n`;
  const lines = rules.map(({ verb, targets, condition }) => {
    const known = (server: string) => (server in locked || dice.below(5) === 0 ? server : 'db');
    const words = targets.map(({ server, tool }) => word(`${known(server)}/${tool || 'x'}`));
    const [only = '', ...more] = words;
    const asked = conditionOf(condition);
    const inFlow = more.length === 0 && dice.below(2) === 0 ? only : `[${words.join(dice.pick([', ', ',', ' , ']))}]`;
    const inBlock = words.map((each) => `\n          - ${each}${tail(dice)}`).join('');
    const when = asked === '' ? '' : `, ${asked}`;
    return dice.pick([
      `      - { ${verb}: ${inFlow}${when} }${tail(dice)}\n`,
      `      - ${verb}: ${inFlow}${tail(dice)}\n${asked === '' ? '' : `        ${asked}\n`}`,
      `      - ${verb}:${inBlock}\n${asked === '' ? '' : `        ${asked}\n`}`,
      `      - ${verb}: [\n${words.map((each) => `          ${each},${tail(dice)}\n`).join('')}        ]\n${asked === '' ? '' : `        ${asked}\n`}`,
    ]);
  });
  return `${comment(dice, '  ')}  ${name}:\n${included}    allow:\n${lines.map((line) => comment(dice, '      ') + line).join('')}`;
}

function conditionOf(condition: Condition | null): string {
  return condition === null ? '' : `when: 'principal.name == "ana"'`;
}

/** No role twice to one subject; dates that matter to a window of ten days. */
function grantTexts(grants: readonly Grant[], dice: Random): readonly string[] {
  const given = new Set<string>();
  return grants.flatMap(({ to, roles }) => {
    const fresh = [...new Set(roles)].filter((role) => !given.has(`${nameOf(to)} ${role}`));
    for (const role of fresh) given.add(`${nameOf(to)} ${role}`);
    if (fresh.length === 0) return [];
    const dates = dice.pick([
      '',
      '',
      '',
      'starts: 2026-11-20',
      'starts: 2026-10-01',
      'expires: 2027-02-01',
      'expires: 2026-11-25',
    ]);
    const more = [...(dates === '' ? [] : [dates]), ...dice.pick([[], [], [], ['environments: [staging]']])];
    const flow = [`to: ${nameOf(to)}`, `roles: [${fresh.join(', ')}]`, ...more].join(', ');
    const block = [`to: ${nameOf(to)}`, `roles:\n      - ${fresh.join('\n      - ')}`, ...more].join('\n    ');
    return [comment(dice, '  ') + dice.pick([`  - { ${flow} }${tail(dice)}\n`, `  - ${block}\n`])];
  });
}

function guardrailText({ name, targets, class: toolClass, to, except, condition }: Guardrail): string {
  const list = (words: readonly string[]) => `[${[...new Set(words)].map((each) => JSON.stringify(each)).join(', ')}]`;
  const patterns = (all: readonly (Subject | SubjectPattern)[]) => list(all.map(nameOf));
  const parts = [
    `deny: ${list(targets.map(({ server, tool }: Target) => `${server}/${tool || 'x'}`))}`,
    ...(toolClass === null ? [] : [`class: ${toolClass}`]),
    `to: ${patterns(to)}`,
    ...(except.length === 0 ? [] : [`except: ${patterns(except)}`]),
    ...(condition === null ? [] : [conditionOf(condition)]),
  ];
  return `  ${name}: { ${parts.join(', ')} }\n`;
}
