import type { Redaction } from '../../config/audit-settings.ts';

/** What to mask in a value: what its pointers name and, with `detectors`, what looks like a secret. */
export type Masking = Pick<Redaction, 'mask' | 'detectors'>;

/** A place inside a value, and what is masked from there on. */
export interface Spot {
  /** Member name or index; meaningless for the root. */
  readonly name: string | number;
  readonly above: Spot | null;
  /** Containers around it. */
  readonly depth: number;
  /** What is left of the pointers that led here; an empty one masks this very value. */
  readonly mask: Redaction['mask'];
}

const NOTHING: Redaction['mask'] = [];

/** The value itself. */
export function rootSpot(masking: Masking | null): Spot {
  return { name: '', above: null, depth: 0, mask: masking?.mask ?? NOTHING };
}

/** The place of a member or entry. */
export function enter(above: Spot, name: string | number): Spot {
  return { name, above, depth: above.depth + 1, mask: above.mask.length === 0 ? NOTHING : narrow(above.mask, name) };
}

function narrow(mask: Redaction['mask'], name: string | number): Redaction['mask'] {
  return mask.filter(([first]) => first === '*' || first === String(name)).map((pointer) => pointer.slice(1));
}

/** Whether a pointer names this place. */
export function isMasked({ mask }: Spot): boolean {
  return mask.some((rest) => rest.length === 0);
}

/** JSON pointer to a place (RFC 6901). */
export function pointerTo({ name, above }: Spot): string {
  if (above === null) return '';
  return `${pointerTo(above)}/${String(name).replaceAll('~', '~0').replaceAll('/', '~1')}`;
}
