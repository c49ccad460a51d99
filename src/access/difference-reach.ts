import type { Grant, SubjectPattern } from '../config/configuration.ts';
import type { CompiledGrant, CompiledGuardrail, CompiledRole, Section } from './compile.ts';
import { keyOfTerms } from './difference-held.ts';
import type { World } from './explain-world.ts';
import { type RuleBook, rulesAbout, rulesFor, type Sought } from './rule-book.ts';
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

interface Entry {
  readonly book: RuleBook;
}

interface RoleEntry extends Entry {
  readonly key: string;
  readonly holders: readonly Holder[];
}

interface GuardrailEntry extends Entry, ReachingGuardrail {}

interface Holder {
  readonly key: string;
  readonly subjects: readonly string[];
  readonly starts: number;
  readonly expires: number;
}

export interface ReachParts {
  readonly words: Words;
  /** Epoch milliseconds: what was over by then is left out. */
  readonly at: number;
}

/** Finds what reaches a target, without asking for anybody in particular. */
export function createReach(world: World, parts: ReachParts): (section: Section, sought: Sought) => Reach {
  const roles = holdersByRole(world, parts);
  const guardrails = (['tools', 'prompts', 'resources'] as const).map((section) => guardrailsIn(world, section, parts));
  const [tools = [], prompts = [], resources = []] = guardrails;
  const guardrailsOf = { tools, prompts, resources };
  const perServer = new Map<string, { roles: readonly RoleEntry[]; guardrails: readonly GuardrailEntry[] }>();
  const known = new Map<string, Reach>();

  return (section, sought) => {
    const entries = entriesFor(section, sought.server);
    const reaching = entries.roles.flatMap((entry) => {
      const rules = rulesAbout(entry.book, sought);
      if (rules.length === 0) return [];
      const isFree = rules.at(-1)?.condition === null;
      const conditions = isFree ? [] : rules.map(({ condition }) => keyOfTerms(condition?.source ?? null));
      return [{ entry, condition: isFree ? '' : parts.words([...new Set(conditions)].sort().join('\n')) }];
    });
    if (reaching.length === 0) return unreached;
    const taking = entries.guardrails.filter(({ book }) => rulesAbout(book, sought).length > 0);
    const granted = reaching.map(({ entry, condition }) => `${entry.key}:${condition}`);
    const guarded = taking.map((guardrail) => guardrail.key);
    const key = `${sortedOnce(granted).join()}!${sortedOnce(guarded).join()}`;
    const reach = known.get(key) ?? { key, grants: reaching.flatMap(grantsOf), guardrails: taking };
    known.set(key, reach);
    return reach;
  };

  function entriesFor(section: Section, server: string) {
    const name = `${section} ${server}`;
    let entries = perServer.get(name);
    if (entries === undefined) {
      const about = ({ book }: Entry) => rulesFor(book, server).length > 0;
      entries = {
        roles: [...roles].map(([role, holding]) => ({ book: role[section], ...holding })).filter(about),
        guardrails: guardrailsOf[section].filter(about),
      };
      perServer.set(name, entries);
    }
    return entries;
  }
}

function grantsOf({ entry, condition }: { entry: RoleEntry; condition: string }): readonly ReachingGrant[] {
  return entry.holders.map(({ subjects, starts, expires }) => ({
    subjects,
    content: `${starts}~${expires}~${condition}`,
    isWhole: starts === Number.NEGATIVE_INFINITY && expires === Number.POSITIVE_INFINITY && condition === '',
  }));
}

function holdersByRole({ configuration, access }: World, { words, at }: ReachParts) {
  const written = new Map(configuration.policy.grants.map((grant) => [grant.at, grant]));
  const roles = new Map<CompiledRole, Holder[]>();
  for (const grant of access.grants) {
    const holder = holderOf(grant, { written: written.get(grant.at), configuration, words, at });
    if (holder === null) continue;
    for (const role of grant.roles) roles.set(role, [...(roles.get(role) ?? []), holder]);
  }
  return new Map(
    [...roles].map(([role, holders]) => [
      role,
      { key: words(sortedOnce(holders.map(({ key }) => key)).join()), holders },
    ]),
  );
}

function holderOf(
  { starts, expires }: CompiledGrant,
  {
    written,
    configuration: { policy },
    words,
    at,
  }: ReachParts & Pick<World, 'configuration'> & { readonly written: Grant | undefined },
): Holder | null {
  if (written === undefined || expires <= at) return null;
  const subjects = subjectsOf(written.to, policy);
  const from = starts <= at ? Number.NEGATIVE_INFINITY : starts;
  const key = words(`${words(sortedOnce(subjects).join('\n'))} ${from} ${expires}`);
  return { key, subjects, starts: from, expires };
}

function guardrailsIn({ configuration: { policy }, access }: World, section: Section, { words }: ReachParts) {
  return access.guardrails.map((compiled: CompiledGuardrail): GuardrailEntry => {
    const { to = [], except = [] } = policy.guardrails.get(compiled.name) ?? {};
    const subjects = (patterns: readonly SubjectPattern[]) =>
      sortedOnce(patterns.flatMap((pattern) => subjectsOf(pattern, policy)));
    const [hit, spared] = [subjects(to), subjects(except)];
    const condition = keyOfTerms(compiled.condition?.source ?? null);
    const key = words([...hit, '!', ...spared, '?', condition].join('\n'));
    return { book: compiled[section], key, to: hit, except: spared };
  });
}

function sortedOnce(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)].sort();
}
