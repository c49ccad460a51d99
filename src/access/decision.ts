import type { ToolClass } from '../config/configuration.ts';
import type { Place } from '../config/problem.ts';

/** The tool a question is about, by its server's registry name and its own name there. */
export interface ToolTarget {
  readonly server: string;
  readonly tool: string;
  readonly class: ToolClass;
}

/** The prompt or resource a question is about; `name` is the prompt's name or the resource's URI. */
export interface ContentTarget {
  readonly kind: 'prompt' | 'resource';
  readonly server: string;
  readonly name: string;
}

/** The arguments of one call. They are read when a condition asks for them, and once. */
export type Arguments = () => ReadArguments;

export type ReadArguments =
  | { readonly kind: 'read'; readonly value: unknown }
  /** An upstream could read them otherwise than a condition would, so they meet none; `detail` repeats no value. */
  | { readonly kind: 'unfit'; readonly detail: string };

export type Decision = Allow | Deny;

export interface Allow {
  readonly effect: 'allow';
  /** The role whose rule allowed, and the place of that rule. */
  readonly role: string;
  readonly rule: Place;
  readonly grant: Place;
  readonly ticket: string;
  /** When this right ends, epoch milliseconds; null when no date ends it. */
  readonly until: number | null;
}

export interface Deny {
  readonly effect: 'deny';
  readonly why: DenialReason;
  /** The guardrail that took the tool away. */
  readonly by?: { readonly name: string; readonly at: Place };
  /** With `condition` only: what stands between these arguments and the tool. */
  readonly unmet?: Unmet;
}

/** A role's rule whose condition the call does not meet, or a guardrail whose condition it does. */
export interface Unmet {
  readonly by: 'role' | 'guardrail';
  readonly name: string;
  /** The rule's place, or the guardrail's. */
  readonly at: Place;
  /** What must hold or must not, for a person to read; it repeats no argument's value. */
  readonly detail: string;
}

/**
 * `expired` and `not_started`: a grant outside its dates would have allowed; `no_grant`: nothing would; `guardrail`: one
 * takes it away, whatever the grants say; `condition`: with other arguments it would be allowed.
 */
export type DenialReason = 'no_grant' | 'expired' | 'not_started' | 'guardrail' | 'condition';
