import type { Configuration, Server, Target } from '../config/configuration.ts';
import { classOf } from './class.ts';
import type { Section } from './compile.ts';
import type { World } from './explain-world.ts';
import type { Sought } from './rule-book.ts';

/** Something that may be asked for, in the words of both sides. */
export interface ComparedTarget {
  /** `github/create_issue`, `prompts:notion/*` */
  readonly label: string;
  readonly section: Section;
  /** Null where nobody could call it whatever the grants say. */
  readonly base: Sought | null;
  readonly head: Sought | null;
}

/** What a server offers, as far as it can be spoken of without asking it. */
export type Targets = (section: Section, server: string) => readonly ComparedTarget[];

/**
 * Every tool that either side's locks know. What no lock lists (the tools of a server without a lock, prompts,
 * resources) is spoken of by the globs of the rules.
 */
export function createTargets(base: World, head: World): Targets {
  const written = (section: Section) => [head, base].flatMap((world) => writtenIn(world, section));
  const of = { tools: written('tools'), prompts: written('prompts'), resources: written('resources') };
  const sides = { base, head, written: of };
  return (section, server) => (section === 'tools' ? toolsOf(server, sides) : contentOf(server, section, sides));
}

function writtenIn({ configuration: { policy } }: World, section: Section): readonly Target[] {
  const holders = [...policy.roles.values(), ...policy.guardrails.values()];
  return holders.flatMap((holder): readonly Target[] => {
    if (section !== 'tools') return holder[section];
    return 'rules' in holder ? holder.rules.flatMap((rule) => rule.targets) : holder.targets;
  });
}

interface Sides {
  readonly base: World;
  readonly head: World;
  /** What rules of either side are about, by section. */
  readonly written: Readonly<Record<Section, readonly Target[]>>;
}

function toolsOf(server: string, sides: Sides): readonly ComparedTarget[] {
  const { base, head } = sides;
  const locks = [head, base].flatMap(({ configuration: { locks } }) => locks.get(server) ?? []);
  if (locks.length === 0) return unlistedOf(server, sides);
  const names = new Set(locks.flatMap(({ tools }) => [...tools.keys()]));
  return [...names].map((name) => ({
    label: `${server}/${name}`,
    section: 'tools',
    base: soughtIn(base.configuration, { server, name, other: head.configuration }),
    head: soughtIn(head.configuration, { server, name, other: base.configuration }),
  }));
}

/** A tool that one side has not reviewed is hidden when its lock is strict, else served as its annotations say. */
function soughtIn(
  { gateway, servers, locks }: Configuration,
  { server, name, other }: { readonly server: string; readonly name: string; readonly other: Configuration },
): Sought | null {
  const registered = servers.get(server);
  const locked = locks.get(server)?.tools.get(name) ?? null;
  if (registered === undefined || (locked === null && gateway.lock === 'strict')) return null;
  // Of a tool this side has reviewed the annotations say nothing, and looking at a definition takes time.
  const definition = locked === null ? other.locks.get(server)?.tools.get(name)?.definition : null;
  const { annotations = null } = (definition ?? {}) as { readonly annotations?: unknown };
  return { server, name, class: classOf(registered, { name, annotations }, locked) };
}

const classes = ['read', 'write', 'destructive'] as const;

/** A name without wildcards has the class that the registry gives it, else any it might have. */
function unlistedOf(server: string, sides: Sides): readonly ComparedTarget[] {
  return globsFor(server, 'tools', sides).flatMap((glob) =>
    classes.map((toolClass): ComparedTarget => {
      const sought = (configuration: Configuration): Sought | null => {
        const registered = configuration.servers.get(server);
        if (registered === undefined || configuration.gateway.lock === 'strict') return null;
        const name = witness(glob);
        return allowsClass(registered, name, toolClass) ? { server, name, class: toolClass } : null;
      };
      const [before, after] = [sought(sides.base.configuration), sought(sides.head.configuration)];
      return { label: `${server}/${glob}`, section: 'tools', base: before, head: after };
    }),
  );
}

function allowsClass(server: Server, name: string, toolClass: (typeof classes)[number]): boolean {
  const [readOnlyHint, destructiveHint] = [toolClass === 'read', toolClass === 'destructive'];
  return classOf(server, { name, annotations: { readOnlyHint, destructiveHint } }) === toolClass;
}

function contentOf(server: string, section: 'prompts' | 'resources', sides: Sides): readonly ComparedTarget[] {
  return globsFor(server, section, sides).map((glob) => {
    const sought = { server, name: witness(glob), class: 'read' } as const;
    const isIn = ({ configuration }: World) => configuration.servers.has(server);
    return {
      label: `${section}:${server}/${glob}`,
      section,
      base: isIn(sides.base) ? sought : null,
      head: isIn(sides.head) ? sought : null,
    };
  });
}

function globsFor(server: string, section: Section, { written }: Sides): readonly string[] {
  const about = written[section].filter((target) => target.server === server || target.server === '*');
  return [...new Set(about.map(({ tool }) => tool))];
}

/** A name that a glob matches, and another one only if it matches all that this one does: no rule names private-use characters. */
function witness(glob: string): string {
  return glob.replaceAll('*', '\ue000\ue001').replaceAll('?', '\ue002');
}
