import type { ToolClass } from '../config/configuration.ts';
import type { Place } from '../config/problem.ts';

/** The tool a question is about, by its server's registry name and its own name there. */
export interface ToolTarget {
  readonly server: string;
  readonly tool: string;
  readonly class: ToolClass;
}

export type Decision =
  | {
      readonly effect: 'allow';
      /** The role whose rule allowed, and the place of that rule. */
      readonly role: string;
      readonly rule: Place;
      readonly grant: Place;
      readonly ticket: string;
      /** When this right ends, epoch milliseconds; null when no date ends it. */
      readonly until: number | null;
    }
  | {
      readonly effect: 'deny';
      readonly why: DenialReason;
      /** The guardrail that took it away. */
      readonly by?: { readonly name: string; readonly at: Place };
    };

/** `expired` and `not_started`: a grant outside its dates would have allowed; `no_grant`: nothing would;
 * `guardrail`: one takes it away, whatever the grants say. */
export type DenialReason = 'no_grant' | 'expired' | 'not_started' | 'guardrail';
