import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { lockText } from '../src/catalog/draft-lock.ts';
import type { LockedTool, ToolClass } from '../src/config/configuration.ts';
import { lockHash } from '../src/config/lock-hash.ts';

/** How much of everything a generated company has. */
export interface Sizes {
  readonly servers: number;
  readonly tools: number;
  readonly people: number;
  readonly roles: number;
  readonly groups: number;
  readonly grants: number;
  readonly guardrails: number;
}

export const company: Sizes = {
  servers: 1_000,
  tools: 100,
  people: 5_000,
  roles: 200,
  groups: 250,
  grants: 500,
  guardrails: 20,
};

/** So many of the people list all tools, one after the other. */
export const listers = 50;

const rolesPerFile = 10;
/** Every fifth group lists its members; the others are claims of the issuer. */
const membersPerGroup = 40;

const verbs: readonly (readonly [verb: string, toolClass: ToolClass])[] = [
  ...['get', 'list', 'search', 'read', 'count', 'export'].map((verb) => [verb, 'read'] as const),
  ...['create', 'update', 'send'].map((verb) => [verb, 'write'] as const),
  ['delete', 'destructive'],
];
const nouns = ['account', 'case', 'contract', 'customer', 'document', 'invoice', 'issue', 'order', 'page', 'report'];
const products = ['billing', 'calendar', 'crm', 'docs', 'files', 'mail', 'orders', 'tickets', 'warehouse', 'wiki'];

/** Equal numbers for equal seeds, from 0 to below `below`. */
type Draw = (below: number) => number;

/** Writes the configuration of a company: the same bytes every time. Returns the path of its gateway.config.yaml. */
export function writeTree(folder: string, sizes: Sizes): string {
  const draw = createDraw(1);
  const put = (path: string, text: string): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  const policy = (name: string, section: string, lines: readonly string[]): void =>
    put(`policies/${name}.yaml`, `apiVersion: gatehouse/v1\n${section}:\n${lines.join('\n')}\n`);
  const servers = count(sizes.servers, serverName);
  put('gateway.config.yaml', gatewayText(servers));
  for (const server of servers) put(`policies/lock/${server}.json`, lockText(server, toolsOf(sizes.tools, draw)));
  for (let first = 0; first < sizes.roles; first += rolesPerFile) {
    const numbers = count(Math.min(rolesPerFile, sizes.roles - first), (index) => first + index);
    policy(roleFile(first), 'roles', numbers.flatMap(roleText(sizes, draw)));
  }
  policy('groups', 'groups', count(sizes.groups, groupText(sizes)));
  policy('grants', 'grants', count(sizes.grants, grantText(sizes)));
  policy('guardrails', 'guardrails', count(sizes.guardrails, guardrailText(sizes)));
  return join(folder, 'gateway.config.yaml');
}

/** Name, under `policies/` and without `.yaml`, of the file that defines a role. */
export function roleFile(role: number): string {
  return `roles/team-${Math.floor(role / rolesPerFile)}`;
}

/** A person's address and the values of their groups claim. */
export interface Person {
  readonly user: string;
  readonly claims: readonly string[];
}

export function peopleOf({ people, groups }: Sizes): readonly Person[] {
  const draw = createDraw(2);
  return count(people, (index) => ({
    user: userName(index),
    claims: count(2 + draw(5), () => `claim-${draw(groups)}`),
  }));
}

function serverName(index: number): string {
  return `${products[index % products.length]}-${Math.floor(index / products.length)}`;
}

function toolName(index: number): string {
  const noun = nouns[index % nouns.length];
  const round = Math.floor(index / (nouns.length * verbs.length));
  return `${verbOf(index)[0]}_${noun}${round === 0 ? '' : `_${round}`}`;
}

function toolClass(index: number): ToolClass {
  return verbOf(index)[1];
}

function verbOf(index: number): readonly [verb: string, toolClass: ToolClass] {
  return verbs[Math.floor(index / nouns.length) % verbs.length] ?? ['get', 'read'];
}

function userName(index: number): string {
  return `person-${index}@acme.example`;
}

function gatewayText(servers: readonly string[]): string {
  const lines = servers.map(
    (name, index) => `  ${name}: { url: "https://${name}.example/mcp", owner: team-${index % 20} }`,
  );
  return `apiVersion: gatehouse/v1\ngateway: { name: scale, lock: strict }\nservers:\n${lines.join('\n')}\n`;
}

function toolsOf(tools: number, draw: Draw): readonly LockedTool[] {
  return count(tools, (index) => {
    const name = toolName(index);
    const definition = {
      annotations: { destructiveHint: toolClass(index) === 'destructive', readOnlyHint: toolClass(index) === 'read' },
      description: `${name.replaceAll('_', ' ')}: the records of the team that the caller may see, newest first.`,
      inputSchema: { type: 'object', properties: propertiesOf(draw), required: ['id'] },
      name,
    };
    return { name, class: toolClass(index), sha256: lockHash(definition), definition };
  }).sort((one, other) => (one.name < other.name ? -1 : 1));
}

function propertiesOf(draw: Draw): object {
  const more = nouns.slice(draw(nouns.length - 2)).slice(0, 1 + draw(3));
  const filters = more.map((noun) => [
    noun,
    { type: 'string', description: `Only those of this ${noun}.`, maxLength: 200 },
  ]);
  return { id: { type: 'string', description: 'Which one.' }, ...Object.fromEntries(filters) };
}

function roleText({ servers }: Sizes, draw: Draw): (role: number) => readonly string[] {
  return (role) => {
    const some = (most: number, glob: string): string =>
      count(1 + draw(most), () => `${serverName(draw(servers))}/${glob}`).join(', ');
    return [
      `  role-${role}:`,
      `    description: What team ${role} needs`,
      ...(role % 4 === 0 ? [] : [`    includes: [role-${role - (role % 4)}]`]),
      '    allow:',
      `      - read: [${some(12, '*')}]`,
      `      - read: [${some(6, 'search_*')}]`,
      `      - write: [${some(6, 'create_*')}]`,
      `      - any: [${some(2, 'delete_case')}]`,
    ];
  };
}

function groupText({ people }: Sizes): (group: number) => string {
  return (group) => {
    if (group % 5 !== 0) return `  group-${group}: { claim: claim-${group} }`;
    const members = count(membersPerGroup, (index) => userName((group * 19 + index) % people));
    return `  group-${group}: { members: [${members.join(', ')}] }`;
  };
}

function grantText({ groups, roles, people }: Sizes): (grant: number) => string {
  return (grant) => {
    const [to, end] =
      grant % 5 === 0
        ? [`user:${userName(grant % people)}`, ', expires: 2099-01-01']
        : [`group:group-${grant % groups}`, ''];
    const role = (grant + Math.floor(grant / groups) * 7) % roles;
    return `  - { to: "${to}", roles: [role-${role}], why: grant ${grant}${end} }`;
  };
}

function guardrailText({ servers, groups }: Sizes): (guardrail: number) => string {
  return (index) => {
    if (index === 0) return '  no-robot-destruction: { deny: "*/*", class: destructive, to: "robot:*" }';
    const except = `group:group-${(index * 7) % groups}`;
    return `  guard-${index}: { deny: "${serverName((index * 37) % servers)}/delete_*", except: "${except}" }`;
  };
}

function count<T>(length: number, make: (index: number) => T): T[] {
  return Array.from({ length }, (_, index) => make(index));
}

/** mulberry32. */
function createDraw(seed: number): Draw {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}
