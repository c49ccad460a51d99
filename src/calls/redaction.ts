import type { CatalogTool } from '../catalog/tool.ts';
import type { AuditSettings, Redaction, RedactionRule } from '../config/audit-settings.ts';
import { matchesGlob } from '../config/glob.ts';

/** What is kept of a call of this tool; null is a name no tool has. */
export function redactionFor(
  { redactions, otherwise }: Pick<AuditSettings, 'redactions' | 'otherwise'>,
  tool: Pick<CatalogTool, 'server' | 'name' | 'class'> | null,
): Redaction {
  return (tool && redactions.find((rule) => matches(rule, tool))) ?? otherwise;
}

function matches(rule: RedactionRule, tool: Pick<CatalogTool, 'server' | 'name' | 'class'>): boolean {
  if (rule.class !== null && rule.class !== tool.class) return false;
  return rule.targets.some(
    (target) => (target.server === '*' || target.server === tool.server) && matchesGlob(target.tool, tool.name),
  );
}
