import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { everythingGranted, startTestGateway, type TestGateway } from '../fixtures/gateway.ts';
import { needsMore, type ReferenceServer, referenceCalls } from './reference-calls.ts';
import { type ClientKind, clientKinds, connectClient } from './reference-clients.ts';
import { freshServers, registryOf, type ServerSet } from './reference-servers.ts';

const servers = ['everything', 'everything-http', 'files', 'memory'] as const satisfies ReferenceServer[];

const masks = Object.values(referenceCalls).flatMap((calls) => calls.flatMap(({ differs }) => differs ?? []));

for (const [kind, version] of Object.entries(clientKinds) as [ClientKind, string][]) {
  test(`${kind}: every tool of the reference servers answers the same through the gateway and directly`, async (t) => {
    const [direct, behind] = await Promise.all([freshServers(t), freshServers(t)]);
    const policies = everythingGranted(...servers);
    const gateway = await startTestGateway({ servers: registryOf(behind), policies });
    t.after(() => gateway.close());
    const hidden = new Set<string>();
    for (const server of servers) {
      await t.test(server, async (part) => {
        const [expected, found] = await Promise.all([
          askDirectly(part, { kind, server, set: direct, hidden }),
          askGateway(part, { kind, server, set: behind, hidden, gateway, version }),
        ]);
        assert.deepEqual([...found.tools].sort(), [...expected.tools].sort());
        for (const [index, answer] of expected.answers.entries()) assert.equal(found.answers[index], answer);
      });
    }
    assert.deepEqual([...hidden].sort(), [...new Set(masks.map(({ why }) => why))].sort(), 'a mask without use');
  });
}

interface Run {
  readonly kind: ClientKind;
  readonly server: ReferenceServer;
  readonly set: ServerSet;
  /** Collects why something had to be masked. */
  readonly hidden: Set<string>;
}

interface Answers {
  readonly tools: readonly string[];
  /** In the order of the table; what may differ is masked. */
  readonly answers: readonly string[];
}

async function askDirectly(t: TestContext, { kind, server, set, hidden }: Run): Promise<Answers> {
  const client = await connectClient(kind, set.peers[server]);
  t.after(() => client.close());
  const tools = await client.toolNames();
  const covered = new Set([...referenceCalls[server].map(({ tool }) => tool), ...needsMore.keys()]);
  assert.deepEqual(
    tools.filter((tool) => !covered.has(tool)),
    [],
    'a tool is missing from the table of calls',
  );
  return { tools, answers: await callAll({ server, set, hidden }, (tool, args) => client.call(tool, args)) };
}

async function askGateway(
  t: TestContext,
  { kind, server, set, hidden, gateway, version }: Run & { gateway: TestGateway; version: string },
): Promise<Answers> {
  const client = await connectClient(kind, { url: gateway.url });
  t.after(() => client.close());
  assert.equal(client.version, version);
  const names = await client.toolNames();
  const answers = await callAll({ server, set, hidden }, async (tool, args) => {
    return withoutEra(await client.call(`${server}_${tool}`, args), kind);
  });
  const own = names.filter((name) => name.startsWith(`${server}_`));
  return { tools: own.map((name) => name.slice(server.length + 1)), answers };
}

async function callAll(
  { server, set, hidden }: Omit<Run, 'kind'>,
  call: (tool: string, args: Readonly<Record<string, unknown>>) => Promise<string>,
): Promise<readonly string[]> {
  const answers: string[] = [];
  for (const { tool, arguments: args, differs } of referenceCalls[server]) {
    const placed = JSON.parse(JSON.stringify(args).replaceAll('DIR', set.dir));
    const raw = (await call(tool, placed)).replaceAll(set.dir, 'DIR');
    const answer = differs === undefined ? raw : differs.mask(raw);
    if (differs !== undefined && answer !== raw) hidden.add(differs.why);
    answers.push(`${tool}: ${answer}`);
  }
  return answers;
}

/** The modern era requires one member more in a result; nothing else may be added. */
function withoutEra(outcome: string, kind: ClientKind): string {
  if (kind !== 'SDK v2, modern' || outcome.startsWith('error ')) return outcome;
  const added = 'result {"resultType":"complete",';
  assert(outcome.startsWith(added), outcome.slice(0, 100));
  return `result {${outcome.slice(added.length)}`;
}
