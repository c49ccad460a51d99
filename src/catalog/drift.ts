import type { LockedTool, ToolClass } from '../config/configuration.ts';
import { canonicalJson } from '../config/lock-hash.ts';
import {
  type Difference,
  type Grade,
  grades,
  type MemberPair,
  membersOf,
  mostSevere,
  type RawDifference,
} from './difference.ts';
import { differencesInSchema } from './schema-drift.ts';
import { suspicionsIn, textsIn } from './suspicion.ts';
import { showUnseen } from './unseen.ts';

/** What is not as it was reviewed. */
export type Drift =
  | { readonly kind: 'same' }
  /** `grade` is that of the most severe difference, which comes first. */
  | { readonly kind: 'changed'; readonly grade: Grade; readonly differences: readonly Difference[] };

/** A tool as its server offers it now, and the class it would have. */
export interface OfferedDefinition {
  readonly class: ToolClass;
  /** As `LockedTool.sha256`. */
  readonly sha256: string;
  /** Parsed. */
  readonly definition: unknown;
}

export function compareTool(locked: LockedTool, offered: OfferedDefinition): Drift {
  if (locked.sha256 === offered.sha256) return { kind: 'same' };
  const found = membersOf(locked.definition, offered.definition).flatMap(differencesInMember);
  if (locked.class !== offered.class) {
    found.push({ path: ['class'], before: locked.class, after: offered.class, grade: 'class' });
  }
  const differences = found.map(readable).sort(bySeverity);
  return { kind: 'changed', grade: differences[0]?.grade ?? 'order', differences };
}

function differencesInMember({ key, before, after }: MemberPair): readonly RawDifference[] {
  switch (key) {
    case 'title':
    case 'description':
      return [{ path: [key], before, after, grade: 'prose' }];
    case 'annotations':
      return membersOf(before ?? {}, after ?? {}).map((hint) => ({
        ...hint,
        path: [key, hint.key],
        grade: hint.key === 'title' ? 'prose' : 'class',
      }));
    case 'inputSchema':
      return differencesInSchema({ path: [key], before, after });
    case 'outputSchema':
      return differencesInSchema({ path: [key], before, after }).map(ofOutput);
    default:
      return [{ path: [key], before, after, grade: 'input' }];
  }
}

function ofOutput(difference: RawDifference): RawDifference {
  const isMild = difference.grade === 'order' || difference.grade === 'prose';
  return isMild ? difference : { ...difference, grade: 'output' };
}

/** What the new text says can make any difference a severe one. */
function readable({ path, before, after, grade }: RawDifference): Difference {
  // The name of a new member is new text as well.
  const [old, now] = [before, after].map((value) => (value === undefined ? '' : `${path.at(-1)}\n${textsIn(value)}`));
  const suspicions = suspicionsIn(old ?? '', now ?? '');
  const said = suspicions.map((suspicion): Grade => (suspicion === 'url' ? 'input' : 'wording'));
  return {
    path: showUnseen(path.join('.')),
    before: shown(before),
    after: shown(after),
    grade: mostSevere(grade, ...said),
  };
}

function shown(value: unknown): string | null {
  if (value === undefined) return null;
  return typeof value === 'string' ? `"${showUnseen(value)}"` : showUnseen(canonicalJson(value));
}

/** Severe first, then by path: sorting is stable and paths come sorted. */
function bySeverity(one: Difference, other: Difference): number {
  return grades.indexOf(other.grade) - grades.indexOf(one.grade);
}
