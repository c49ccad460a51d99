import type { Guardrail, Policy, Target, ToolClass } from '../config/configuration.ts';
import { matchesGlob } from '../config/glob.ts';
import type { SidedPlace } from './difference-because.ts';
import { keyOfTerms } from './difference-held.ts';
import { subjectsOf } from './subjects.ts';

/** How a guardrail differs; one that only has another name or place, or is split, does not. */
export interface GuardrailChange {
  readonly name: string;
  /** `weakened` and `removed`: something it took away is left, `tightened` and `added`: it takes away more. */
  readonly change: 'added' | 'removed' | 'weakened' | 'tightened';
  readonly at: SidedPlace;
}

/** Compares what guardrails say, not whom it hits today: a tool or a grant may come tomorrow. */
export function compareGuardrails(base: Policy, head: Policy): readonly GuardrailChange[] {
  const [before, after] = [unitsOf(base), unitsOf(head)];
  const changes: GuardrailChange[] = [];
  for (const { name, at } of base.guardrails.values()) {
    const isKept = isCovered(before.get(name) ?? [], after);
    if (isKept) continue;
    const now = head.guardrails.get(name);
    const place: SidedPlace = now === undefined ? { ...at, side: 'base' } : { ...now.at, side: 'head' };
    changes.push({ name, change: now === undefined ? 'removed' : 'weakened', at: place });
  }
  for (const { name, at } of head.guardrails.values()) {
    if (isCovered(after.get(name) ?? [], before) || changes.some((each) => each.name === name)) continue;
    const change = base.guardrails.has(name) ? 'tightened' : 'added';
    changes.push({ name, change, at: { ...at, side: 'head' } });
  }
  return changes;
}

/** The smallest part of what a guardrail takes away. */
interface Unit {
  readonly section: 'tools' | 'prompts' | 'resources';
  readonly server: string;
  readonly glob: string;
  readonly class: ToolClass;
  readonly to: string;
  readonly except: ReadonlySet<string>;
  /** Empty takes every call away. */
  readonly condition: string;
}

type Units = ReadonlyMap<string, readonly Unit[]>;

function unitsOf(policy: Policy): Units {
  return new Map([...policy.guardrails.values()].map((guardrail) => [guardrail.name, unitsIn(guardrail, policy)]));
}

function unitsIn({ targets, prompts, resources, class: only, condition, to, except }: Guardrail, policy: Policy) {
  const spared = new Set(except.flatMap((pattern) => subjectsOf(pattern, policy)));
  const subjects = [...new Set(to.flatMap((pattern) => subjectsOf(pattern, policy)))];
  const terms = condition === null ? '' : keyOfTerms(condition);
  const units = (section: Unit['section'], written: readonly Target[], classes: readonly ToolClass[]) =>
    written.flatMap(({ server, tool: glob }) =>
      classes.flatMap((toolClass) =>
        subjects.map((subject): Unit => {
          const isCall = section === 'tools';
          return {
            section,
            server,
            glob,
            class: toolClass,
            to: subject,
            except: spared,
            condition: isCall ? terms : '',
          };
        }),
      ),
    );
  const classes: readonly ToolClass[] = only === null ? ['read', 'write', 'destructive'] : [only];
  return [
    ...units('tools', targets, classes),
    ...units('prompts', prompts, ['read']),
    ...units('resources', resources, ['read']),
  ];
}

function isCovered(units: readonly Unit[], others: Units): boolean {
  const all = [...others.values()].flat();
  return units.every((unit) => all.some((other) => covers(other, unit)));
}

/** Whether the first takes away whatever the second does. */
function covers(unit: Unit, other: Unit): boolean {
  return (
    unit.section === other.section &&
    unit.class === other.class &&
    (unit.server === '*' || unit.server === other.server) &&
    coversGlob(unit.glob, other.glob) &&
    coversSubject(unit.to, other.to) &&
    [...unit.except].every((subject) => other.except.has(subject)) &&
    (unit.condition === '' || unit.condition === other.condition)
  );
}

/** A `?` stands for one character, which a `*` of the other glob need not be. */
function coversGlob(glob: string, other: string): boolean {
  return glob === other || (!glob.includes('?') && matchesGlob(glob, other));
}

function coversSubject(subject: string, other: string): boolean {
  if (subject === 'everyone' || subject === other) return true;
  if (subject === 'robots') return other.startsWith('robot:');
  return subject === 'users' && (other.startsWith('user:') || other.startsWith('claim:'));
}
