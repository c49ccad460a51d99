import type { Findings } from './findings.ts';
import { clip, type Source } from './parse.ts';
import type { Place } from './problem.ts';
import type { Shaped } from './shape.ts';
import { suggest } from './suggest.ts';
import type { WrittenPolicy } from './written.ts';

/** Sections whose entries have names, unique over all files. */
export type NamedSection = 'groups' | 'roles' | 'robots' | 'guardrails';

/** Where each name is defined first. */
export type Names = ReadonlyMap<string, Place>;

/** Words that exist. */
export type Known = Names | ReadonlySet<string>;

export interface PolicyContext {
  readonly findings: Findings;
  /** What entries may refer to; null when a broken file may define more, and nothing is called unknown. */
  readonly known: Readonly<Record<'groups' | 'roles' | 'robots' | 'servers' | 'issuers', Known | null>>;
  /** Now, epoch milliseconds. */
  readonly now: number;
}

/** The context of one entry of one file. */
export interface EntryContext extends PolicyContext {
  readonly source: Source;
}

/** The names a section defines, wrong entries included, so that one mistake is told once. */
export function collectNames(files: readonly Shaped[], section: NamedSection, findings: Findings): Names {
  const names = new Map<string, Place>();
  for (const { source } of files) {
    for (const name of keysOf(source, section)) {
      const first = names.get(name);
      const at = source.key([section, name]);
      if (first === undefined) names.set(name, at);
      else {
        findings.error('GH055', at, {
          message: `found ${name} again; the first is in ${first.file}:${first.line}`,
          hint: 'files add up and never override: keep one, or name this one differently',
        });
      }
    }
  }
  return names;
}

/** The keys of a map section, whatever else is wrong with it. */
export function keysOf(source: Source, section: string): readonly string[] {
  const entries = sectionOf(source, section);
  return typeof entries === 'object' && entries !== null && !Array.isArray(entries) ? Object.keys(entries) : [];
}

function sectionOf({ value }: Source, section: string): unknown {
  return (value as Readonly<Record<string, unknown>> | null)?.[section];
}

type Entry<S extends NamedSection> = NonNullable<WrittenPolicy[S]>[string];

/** Links the entries of a map section that the schema accepted, in every file. */
export function linkNamed<S extends NamedSection, T>(
  files: readonly Shaped[],
  section: S,
  link: (name: string, entry: Entry<S>, file: Shaped) => T,
): readonly T[] {
  return files.flatMap((file) =>
    keysOf(file.source, section)
      .filter((name) => file.isSound(section, name))
      .map((name) => link(name, (file.source.value as Required<WrittenPolicy>)[section]?.[name] as Entry<S>, file)),
  );
}

type Item<S extends 'grants' | 'revoked'> = NonNullable<WrittenPolicy[S]>[number];

/** As `linkNamed`, for a list section. Stops once there are more problems than anybody reads. */
export function linkListed<S extends 'grants' | 'revoked', T>(
  files: readonly Shaped[],
  { section, findings }: { readonly section: S; readonly findings: Findings },
  link: (item: Item<S>, index: number, file: Shaped) => T,
): readonly T[] {
  return files.flatMap((file) => {
    const items = sectionOf(file.source, section);
    if (!Array.isArray(items)) return [];
    return (items as readonly Item<S>[]).flatMap((item, index) =>
      file.isSound(section, index) && !findings.full ? [link(item, index, file)] : [],
    );
  });
}

/** What to say of a word that stands for nothing. */
export function unknown(kind: string, word: string, known: Known): { message: string; hint: string } {
  return { message: `expected a ${kind} that exists, found ${clip(word)}`, hint: suggest(word, known.keys()) };
}
