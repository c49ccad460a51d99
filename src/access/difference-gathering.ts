import type { ToolClass } from '../config/configuration.ts';
import { type AccessSides, createAsk, type Held, keyOfHeld } from './difference-ask.ts';
import { becauseOf, type SidedPlace } from './difference-because.ts';
import type { HeldChange } from './difference-held.ts';
import type { NamedSubject } from './difference-names.ts';
import type { NamedChange } from './difference-subjects.ts';
import type { ComparedTarget } from './difference-target.ts';

/** A change names at most so many places; as many tools are asked for theirs. */
const placesMax = 20;

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
export function createGathering(sides: AccessSides) {
  const gathered = new Map<string, Gathered>();
  return {
    add(change: NamedChange, target: ComparedTarget): void {
      const toolClass = mostSevere(target);
      const names = (subjects: NamedChange['who']) => subjects.map(({ name }) => name).join();
      const key = [names(change.who), names(change.except), change.kind, toolClass, keyOfHeld(change)].join('\n');
      const { identity: _, ...rest } = change;
      const known: Gathered = gathered.get(key) ?? { ...rest, class: toolClass, tools: new Set(), because: new Map() };
      gathered.set(key, known);
      known.tools.add(target.label);
      if (known.tools.size > placesMax) return;
      for (const place of becauseOf(createAsk(sides, target)(change.identity), sides)) {
        if (known.because.size < placesMax) known.because.set(`${place.side} ${place.file}:${place.line}`, place);
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
  const classes = [base, head].flatMap((sought) => sought?.class ?? []);
  return classes.reduce<ToolClass>((most, each) => (severity[each] > severity[most] ? each : most), 'read');
}

function worstFirst(a: AccessChange, b: AccessChange): number {
  const weight = ({ direction, class: toolClass }: AccessChange) =>
    (direction === 'wider' ? 3 : 0) + severity[toolClass];
  const names = ({ who }: AccessChange) => who.map(({ name }) => name).join();
  return weight(b) - weight(a) || (names(a) < names(b) ? -1 : names(a) > names(b) ? 1 : 0);
}
