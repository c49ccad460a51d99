import type { Grant, SubjectPattern } from '../config/configuration.ts';
import { matchesGlob } from '../config/glob.ts';
import type { CompiledGrant, CompiledRole, Section } from './compile.ts';
import { keyOfTerms } from './difference-held.ts';
import type { World } from './explain-world.ts';
import { type CompiledRule, type RuleBook, rulesFor, type Sought } from './rule-book.ts';
import { subjectsOf } from './subjects.ts';

/** Everything in one policy that says who may have a target. */
export interface Reach {
  /** Equal for equal content, on whichever side; empty when no grant reaches the target. */
  readonly key: string;
  readonly grants: readonly ReachingGrant[];
  readonly guardrails: readonly ReachingGuardrail[];
}

export interface ReachingGrant {
  /** As `subjectsOf` names them. */
  readonly subjects: readonly string[];
  /** Equal for equal dates and conditions. */
  readonly content: string;
  /** Allows every call, now and without end. */
  readonly isWhole: boolean;
}

export interface ReachingGuardrail {
  readonly key: string;
  readonly to: readonly string[];
  readonly except: readonly string[];
}

/** What no grant reaches. */
export const unreached: Reach = { key: '', grants: [], guardrails: [] };

/** Short words for long texts: the same text has the same word on both sides. */
export type Words = (text: string) => string;

export function createWords(): Words {
  const known = new Map<string, string>();
  return (text) => {
    const word = known.get(text) ?? known.size.toString(36);
    known.set(text, word);
    return word;
  };
}

export interface ReachParts {
  readonly words: Words;
  /** What has been found on either side, by its key: equal content is one object. */
  readonly known: Map<string, Reach>;
  /** Epoch milliseconds: what was over by then is left out. */
  readonly at: number;
}

/** All rules about one server. */
export interface ServerReach {
  /** Equal where equal targets are reached alike, on whichever side. */
  readonly key: string;
  readonly of: (sought: Sought) => Reach;
}

/** Finds what reaches a target, without asking for anybody in particular. */
export function createReach(world: World, parts: ReachParts): (section: Section, server: string) => ServerReach {
  const sources = [...roleSources(world, parts), ...guardrailSources(world, parts)];
  const indices = new Map<Section, ReadonlyMap<string, readonly Source[]>>();

  return (section, server) => {
    const index = indices.get(section) ?? indexOf(sources, section);
    indices.set(section, index);
    const about = index.get(server) ?? index.get('*') ?? [];
    const rules = about.flatMap((source) => rulesOf(source, rulesFor(source.books[section], server), parts));
    return {
      key: rules
        .map(({ text }) => text)
        .sort()
        .join('\n'),
      of: createMatching(rules, parts.known),
    };
  };
}

/** A role as it is granted, or a guardrail. */
interface Source {
  /** Equal for equal holders, or for guardrails of equal content. */
  readonly key: string;
  readonly books: Readonly<Record<Section, RuleBook>>;
  /** Null for a guardrail. */
  readonly holders: readonly Holder[] | null;
  readonly guardrail: ReachingGuardrail | null;
}

interface Holder {
  readonly key: string;
  readonly subjects: readonly string[];
  readonly starts: number;
  readonly expires: number;
}

/** The sources that speak of each server by its name, and under `*` those that speak of any other. */
function indexOf(sources: readonly Source[], section: Section): ReadonlyMap<string, readonly Source[]> {
  const general = sources.filter(({ books }) => books[section].anywhere.length > 0);
  const index = new Map<string, Set<Source>>();
  for (const source of sources) {
    for (const server of source.books[section].byServer.keys()) {
      index.set(server, (index.get(server) ?? new Set(general)).add(source));
    }
  }
  return new Map([...index].map(([server, found]) => [server, [...found]])).set('*', general);
}

interface SourceRule {
  readonly text: string;
  readonly source: Source;
  readonly rule: CompiledRule;
  /** Empty allows every call. */
  readonly condition: string;
}

function rulesOf(source: Source, rules: readonly CompiledRule[], { words }: ReachParts): readonly SourceRule[] {
  return rules.map((rule) => {
    const condition = rule.condition === null ? '' : words(keyOfTerms(rule.condition.source));
    const kind = source.guardrail === null ? '+' : '!';
    return { text: `${kind}${source.key}:${condition} ${rule.classes.join()} ${rule.name}`, source, rule, condition };
  });
}

/** Of one server most tools are reached by the same rules: what follows from these is found once. */
function createMatching(rules: readonly SourceRule[], known: Map<string, Reach>): ServerReach['of'] {
  const byRules = new Map<string, Reach>();
  return ({ class: toolClass, name }) => {
    const matching: SourceRule[] = [];
    let key = '';
    for (const [index, each] of rules.entries()) {
      const { classes, name: glob } = each.rule;
      if (!classes.includes(toolClass) || (glob !== '*' && !matchesGlob(glob, name))) continue;
      matching.push(each);
      key += `${index} `;
    }
    const reach = byRules.get(key) ?? shared(reachOf(matching), known);
    byRules.set(key, reach);
    return reach;
  };
}

function shared(reach: Reach, known: Map<string, Reach>): Reach {
  const same = known.get(reach.key) ?? reach;
  known.set(reach.key, same);
  return same;
}

function reachOf(rules: readonly SourceRule[]): Reach {
  const granting = rules.filter(({ source }) => source.holders !== null);
  if (granting.length === 0) return unreached;
  const whole = new Set(granting.flatMap(({ source, condition }) => (condition === '' ? [source.key] : [])));
  const used = new Map<string, SourceRule>();
  for (const each of granting) {
    const { source, condition } = each;
    if (condition === '' || !whole.has(source.key)) used.set(`${source.key}:${condition}`, each);
  }
  const guardrails = rules.flatMap(({ source }) => source.guardrail ?? []);
  const taken = new Map(guardrails.map((guardrail) => [guardrail.key, guardrail]));
  return {
    key: `${[...used.keys()].sort().join()}!${[...taken.keys()].sort().join()}`,
    grants: [...used.values()].flatMap(grantsOf),
    guardrails: [...taken.values()],
  };
}

function grantsOf({ source, condition }: SourceRule): readonly ReachingGrant[] {
  return (source.holders ?? []).map(({ subjects, starts, expires }) => ({
    subjects,
    content: `${starts}~${expires}~${condition}`,
    isWhole: starts === Number.NEGATIVE_INFINITY && expires === Number.POSITIVE_INFINITY && condition === '',
  }));
}

function roleSources({ configuration, access }: World, parts: ReachParts): readonly Source[] {
  const written = new Map(configuration.policy.grants.map((grant) => [grant.at, grant]));
  const roles = new Map<CompiledRole, Holder[]>();
  for (const grant of access.grants) {
    const holder = holderOf(grant, { ...parts, written: written.get(grant.at), configuration });
    if (holder === null) continue;
    for (const role of grant.roles) {
      const holders = roles.get(role);
      if (holders === undefined) roles.set(role, [holder]);
      else holders.push(holder);
    }
  }
  return [...roles].map(([books, holders]) => {
    return { key: parts.words(sortedOnce(holders.map(({ key }) => key)).join()), books, holders, guardrail: null };
  });
}

interface HolderParts extends ReachParts, Pick<World, 'configuration'> {
  readonly written: Grant | undefined;
}

function holderOf(
  { starts, expires }: CompiledGrant,
  { written, configuration: { policy }, words, at }: HolderParts,
): Holder | null {
  if (written === undefined || expires <= at) return null;
  const subjects = subjectsOf(written.to, policy);
  const from = starts <= at ? Number.NEGATIVE_INFINITY : starts;
  const key = words(`${words(sortedOnce(subjects).join('\n'))} ${from} ${expires}`);
  return { key, subjects, starts: from, expires };
}

function guardrailSources({ configuration: { policy }, access }: World, { words }: ReachParts): readonly Source[] {
  const subjects = (patterns: readonly SubjectPattern[]) =>
    sortedOnce(patterns.flatMap((pattern) => subjectsOf(pattern, policy)));
  return access.guardrails.map((books) => {
    const { to = [], except = [] } = policy.guardrails.get(books.name) ?? {};
    const [hit, spared] = [subjects(to), subjects(except)];
    const condition = keyOfTerms(books.condition?.source ?? null);
    const key = words([...hit, '!', ...spared, '?', condition].join('\n'));
    return { key, books, holders: null, guardrail: { key, to: hit, except: spared } };
  });
}

function sortedOnce(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)].sort();
}
