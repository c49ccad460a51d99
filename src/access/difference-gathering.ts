import type { ToolClass } from '../config/configuration.ts';
import { type AccessSides, type createAsking, type Held, keyOfHeld } from './difference-ask.ts';
import { becauseOf, type SidedPlace } from './difference-because.ts';
import type { HeldChange } from './difference-held.ts';
import type { NamedSubject } from './difference-names.ts';
import type { NamedChange } from './difference-subjects.ts';
import type { ComparedTarget } from './difference-target.ts';

/** A change names at most so many places, and so many of its tools are asked for theirs. */
const placesMax = 20;
const askedMax = 8;

const severity: Readonly<Record<ToolClass, number>> = { read: 0, write: 1, destructive: 2 };

/** What changes for somebody, over all tools for which it is the same. */
export interface AccessChange extends HeldChange, Held {
  /** Everybody who is all of these: one subject as a rule, more for those who are in several groups. */
  readonly who: readonly NamedSubject[];
  /** But nobody who is one of these. */
  readonly except: readonly NamedSubject[];
  /** The more severe of both sides. */
  readonly class: ToolClass;
  /** `server/tool`, in the order of the locks. */
  readonly tools: readonly string[];
  /** What gives or takes it, on the side where it stands. */
  readonly because: readonly SidedPlace[];
}

interface Gathered extends Omit<AccessChange, 'tools' | 'because'> {
  readonly tools: Set<string>;
  readonly because: Map<string, SidedPlace>;
}

/** Puts the changes of single tools together: those that differ in nothing but the tool are one. */
export function createGathering(sides: AccessSides, asking: ReturnType<typeof createAsking>) {
  const gathered = new Map<string, Gathered>();
  const ofChange = new WeakMap<NamedChange, Map<ToolClass, Gathered>>();

  function gatheredFor(change: NamedChange, toolClass: ToolClass): Gathered {
    const known = ofChange.get(change) ?? new Map<ToolClass, Gathered>();
    ofChange.set(change, known);
    let found = known.get(toolClass);
    if (found === undefined) {
      const { identity: _, ...rest } = change;
      const key = [namesOf(change.who), namesOf(change.except), change.kind, toolClass, keyOfHeld(change)].join('\n');
      found = gathered.get(key) ?? { ...rest, class: toolClass, tools: new Set(), because: new Map() };
      gathered.set(key, found);
      known.set(toolClass, found);
    }
    return found;
  }

  return {
    add(change: NamedChange, target: ComparedTarget): void {
      const { tools, because } = gatheredFor(change, mostSevere(target));
      tools.add(target.label);
      if (tools.size > askedMax) return;
      for (const place of becauseOf(asking(target).both(change.identity), sides)) {
        if (because.size < placesMax) because.set(`${place.side} ${place.file}:${place.line}`, place);
      }
    },
    changes(): readonly AccessChange[] {
      return [...gathered.values()]
        .map((each) => ({ ...each, tools: [...each.tools], because: [...each.because.values()] }))
        .sort(worstFirst);
    },
  };
}

function mostSevere({ base, head }: ComparedTarget): ToolClass {
  const [was, is] = [base?.class ?? 'read', head?.class ?? 'read'];
  return severity[was] > severity[is] ? was : is;
}

function worstFirst(a: AccessChange, b: AccessChange): number {
  const weight = ({ direction, class: toolClass }: AccessChange) =>
    (direction === 'wider' ? 3 : 0) + severity[toolClass];
  const [one, other] = [namesOf(a.who), namesOf(b.who)];
  return weight(b) - weight(a) || (one < other ? -1 : one > other ? 1 : 0);
}

function namesOf(subjects: readonly NamedSubject[]): string {
  return subjects.map(({ name }) => name).join();
}
