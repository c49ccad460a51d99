import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { compile } from '../src/access/compile.ts';
import { decide } from '../src/access/decide.ts';
import type { ToolTarget } from '../src/access/decision.ts';
import { differenceOf } from '../src/access/difference.ts';
import { type World, worldOf } from '../src/access/explain-world.ts';
import type { Configuration } from '../src/config/configuration.ts';
import { type Loaded, load } from '../src/config/load.ts';
import type { Identity } from '../src/identity/identity.ts';
import { leastOf } from './scale-report.ts';
import { company, listers, type Person, peopleOf, roleFile } from './scale-tree.ts';

/** What a piece of work took, in milliseconds. */
export interface Took {
  readonly wallMs: number;
  /** Of all threads: collecting garbage while the work goes on counts as well. */
  readonly cpuMs: number;
}

/** What one process of the benchmark measured. */
export interface Measured {
  readonly cold: Took;
  readonly compile: Took;
  readonly reload: Took;
  readonly plan: Took;
  /** Of one decision. */
  readonly decide: Took;
  readonly firstDecide: Took;
  readonly list: Took;
  readonly listAgain: Took;
  readonly memoryMb: number;
  readonly listsMb: number;
}

const rounds = 5;
const warmQuestions = 200;
const warmRounds = 2_000;
/** Left alone for so long, the process gives back what loading has borrowed. In milliseconds. */
const restMs = 1_000;

const empty = rssMb();
const at = Date.now();
const [folder = ''] = process.argv.slice(2);
process.send?.(await measure(folder), () => process.disconnect());

async function measure(tree: string): Promise<Measured> {
  const [cold, loaded] = await timed(() => load(join(tree, 'gateway.config.yaml')));
  const [compiled, world] = await timed(() => worldOf(configurationOf(loaded)));
  await sleep(restMs);
  const memoryMb = rssMb() - empty;
  const decisions = await measureDecisions(world);
  const lists = await measureLists(world);
  const reloads = await measureReloads(tree, { loaded, world });
  return { cold, compile: compiled, memoryMb, ...decisions, ...lists, ...reloads };
}

/** Questions that have been asked before, and the first of each of 5,000 people. */
async function measureDecisions(world: World): Promise<Pick<Measured, 'decide' | 'firstDecide'>> {
  const access = compile(world.configuration);
  const people = peopleOf(company).map(identityOf);
  const ask = (who: Identity, index: number): void => void decide(access, { who, target: toolAt(world, index), at });
  const [first] = await timed(() => people.forEach(ask));
  const few = people.slice(0, warmQuestions).map((who, index) => ({ who, target: toolAt(world, index), at }));
  for (const question of few) decide(access, question);
  const [again] = await timed(() => {
    for (let round = 0; round < warmRounds; round += 1) for (const question of few) decide(access, question);
  });
  return { decide: shareOf(again, warmRounds * few.length), firstDecide: shareOf(first, people.length) };
}

async function measureLists(world: World): Promise<Pick<Measured, 'list' | 'listAgain' | 'listsMb'>> {
  const { configuration, tools } = world;
  const access = compile(configuration);
  const before = rssMb();
  const people = peopleOf(company).slice(0, listers).map(identityOf);
  const list = (who: Identity | undefined): void => {
    if (who !== undefined) for (const target of tools) decide(access, { who, target, at });
  };
  const [all] = await timed(() => people.forEach(list));
  const [listAgain] = await timed(() => list(people.at(-1)));
  return { list: shareOf(all, people.length), listAgain, listsMb: rssMb() - before };
}

interface Running {
  readonly loaded: Loaded;
  readonly world: World;
}

/** A role gets one tool more, again and again. */
async function measureReloads(tree: string, { loaded, world }: Running): Promise<Pick<Measured, 'reload' | 'plan'>> {
  const path = join(tree, 'policies', `${roleFile(0)}.yaml`);
  const written = readFileSync(path);
  const reloads: Took[] = [];
  const plans: Took[] = [];
  for (let round = 0; round < rounds; round += 1) {
    appendFileSync(path, `      - write: mail-${round}/send_page\n`);
    const [reload, next] = await timed(() => loaded.again());
    const head = worldOf(configurationOf(next));
    const [plan] = await timed(() => differenceOf(sideOf(world), sideOf(head), at));
    reloads.push(reload);
    plans.push(plan);
  }
  writeFileSync(path, written);
  return { reload: leastOf(reloads), plan: leastOf(plans) };
}

function sideOf(world: World): Parameters<typeof differenceOf>[0] {
  return { world, require: {}, placeOf: () => ({ file: 'gateway.config.yaml', line: 1, col: 1 }) };
}

function configurationOf({ configuration, problems }: Loaded): Configuration {
  if (configuration === null) throw new Error(JSON.stringify(problems.slice(0, 3)));
  return configuration;
}

/** Any of all tools, in a stride that meets many servers. */
function toolAt({ tools }: World, index: number): ToolTarget {
  const target = tools[(index * 7919) % tools.length];
  if (target === undefined) throw new Error('there are no tools');
  return target;
}

function identityOf({ user, claims }: Person): Identity {
  const issuer = 'https://issuer.example';
  const proof = { proof: 'jwt', token: '', expiresAt: null } as const;
  return { kind: 'person', key: `${issuer} ${user}`, issuer, subject: user, user, email: user, claims, ...proof };
}

async function timed<T>(work: () => T | Promise<T>): Promise<[took: Took, result: T]> {
  const [start, before] = [performance.now(), process.cpuUsage()];
  const result = await work();
  const { user, system } = process.cpuUsage(before);
  return [{ wallMs: performance.now() - start, cpuMs: (user + system) / 1_000 }, result];
}

function shareOf({ wallMs, cpuMs }: Took, parts: number): Took {
  return { wallMs: wallMs / parts, cpuMs: cpuMs / parts };
}

function rssMb(): number {
  return process.memoryUsage.rss() / 1_000_000;
}
