import { checkArgs } from '../condition/args-check.ts';
import { checkExpression } from '../condition/expression-check.ts';
import type { CheckedTool, Fault } from '../condition/fault.ts';
import type { Condition, Target, ToolClass } from './configuration.ts';
import type { Words } from './findings.ts';
import type { EntryContext } from './known.ts';
import type { LockedReach } from './locked-reach.ts';
import { clip, type Path } from './parse.ts';
import { suggest } from './suggest.ts';
import type { WrittenCondition } from './written.ts';

/** Conditions in all files, and the tools that all of them are checked against; both bound the time of a load. */
const conditionsMax = 2_000;
const checksMax = 10_000;

/** What a condition is about. */
export interface Conditioned {
  /** Of the rule or guardrail. */
  readonly path: Path;
  readonly targets: readonly Target[];
  readonly classes: readonly ToolClass[];
  readonly context: EntryContext;
}

/** Reads `args` and `when` of a rule or guardrail; null when it has neither. */
export type LinkCondition = (written: WrittenCondition, about: Conditioned) => Condition | null;

/** What linking roles and guardrails needs besides. */
export interface ConditionContext {
  readonly linkCondition: LinkCondition;
}

/** Checks each condition by itself and against every locked tool that its rule reaches. */
export function createLinkCondition(reach: LockedReach): LinkCondition {
  let conditions = 0;
  let checks = 0;
  const unlocked = new Set<string>();
  function toolsFor({ targets, classes }: Conditioned): readonly CheckedTool[] {
    const tools = new Map<string, CheckedTool>();
    for (const target of targets) {
      for (const { server, tool, class: toolClass } of reach.toolsOf(target)) {
        if (tools.size + checks >= checksMax) break;
        const name = `${server}/${tool.name}`;
        if (classes.includes(toolClass)) tools.set(name, { name, inputSchema: inputSchemaOf(tool.definition) });
      }
    }
    checks += tools.size;
    return [...tools.values()];
  }
  /** Once for each server: its lock is what is missing. */
  function warnOfUnlocked({ path, targets, context }: Conditioned): void {
    for (const server of targets.map((target) => reach.unlocked(target))) {
      if (server === null || unlocked.has(server)) continue;
      unlocked.add(server);
      context.findings.warning('GH112', context.source.at(path), {
        message: `the condition could not be checked against the tools of ${server}, which has no lock`,
        hint: `gatehouse lock ${server} writes it`,
      });
    }
  }
  return ({ args = null, when = null }, about) => {
    if (args === null && when === null) return null;
    const { path, context } = about;
    const { source, findings } = context;
    const at = source.key([...path, when === null ? 'args' : 'when']);
    conditions += 1;
    if (conditions > conditionsMax) {
      findings.error('GH115', at, `expected at most ${conditionsMax} conditions in all files, found more`);
    } else {
      const tools = toolsFor(about);
      if (args !== null) linkArgs(args, tools, about);
      if (when !== null) linkWhen(when, tools, about);
      warnOfUnlocked(about);
    }
    return { args, when, at };
  };
}

function inputSchemaOf(definition: unknown): unknown {
  return (definition as { readonly inputSchema?: unknown } | null)?.inputSchema;
}

function linkArgs(args: object, tools: readonly CheckedTool[], { path, context }: Conditioned): void {
  const { source, findings } = context;
  const fault = firstFault(tools, (tool) => checkArgs(args, tool));
  if (fault !== null) findings.error('GH111', source.key([...path, 'args', ...fault.where]), wordsOf(fault));
  const { properties = {} } = args as { readonly properties?: Readonly<Record<string, unknown>> };
  for (const [name, schema] of Object.entries(properties)) {
    if (!holdsSql(name) || typeof schema !== 'object' || schema === null || !('pattern' in schema)) continue;
    findings.warning('GH113', source.key([...path, 'args', 'properties', name]), sqlWords(name));
  }
}

function linkWhen(when: string, tools: readonly CheckedTool[], { path, context }: Conditioned): void {
  const { source, findings } = context;
  const place: Path = [...path, 'when'];
  const checked = checkExpression(when, null);
  const fault = firstFault(tools, (tool) => {
    const result = tool === null ? checked : checkExpression(when, tool);
    return result.kind === 'wrong' ? result.fault : null;
  });
  if (fault !== null) findings.error('GH110', source.within(place, fault.where), wordsOf(fault));
  const inspected = checked.kind === 'sound' ? [...checked.survey.inspected] : [];
  for (const name of inspected.filter(holdsSql)) findings.warning('GH113', source.at(place), sqlWords(name));
}

/** What is wrong with a condition by itself, else for the first tool against which it fails. */
function firstFault<Where>(
  tools: readonly CheckedTool[],
  check: (tool: CheckedTool | null) => Fault<Where> | null,
): Fault<Where> | null {
  const own = check(null);
  if (own !== null) return own;
  for (const tool of tools) {
    const fault = check(tool);
    if (fault === null) continue;
    return fault.message.includes(tool.name) ? fault : { ...fault, message: `${fault.message}, for ${tool.name}` };
  }
  return null;
}

function wordsOf({ message, hint, word, known }: Fault<unknown>): Words {
  return { message, hint: hint === '' && word !== '' ? suggest(word, known) : hint };
}

function holdsSql(name: string): boolean {
  return /sql|query|statement/i.test(name);
}

function sqlWords(name: string): Words {
  return {
    message: `a condition on the text of ${clip(name)} is a speed bump: SQL says one thing in many ways`,
    hint: 'let the database decide, with a login that may do no more than this',
  };
}
