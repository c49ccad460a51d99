import { dirname, resolve } from 'node:path';
import type { AuditSettings, Redaction, RedactionRule } from './audit-settings.ts';
import type { Findings } from './findings.ts';
import type { Known } from './known.ts';
import { list } from './link-servers.ts';
import type { Overrides } from './link-settings.ts';
import type { Source } from './parse.ts';
import { linkTargets } from './target.ts';
import type { WrittenAudit } from './written.ts';

export interface AuditContext {
  readonly source: Source;
  readonly findings: Findings;
  readonly overrides: Overrides;
  /** Folder of the configuration file. */
  readonly base: string;
  readonly known: { readonly servers: Known };
}

export function linkAudit(written: WrittenAudit, context: AuditContext): AuditSettings {
  const { overrides, base } = context;
  const { varDir } = overrides;
  const dir = varDir === undefined ? resolve(base, written.dir ?? 'var/audit') : resolve(varDir, 'audit');
  const ownKeys = varDir === undefined && written.keys !== undefined;
  return {
    dir,
    keys: ownKeys ? resolve(base, written.keys) : resolve(dirname(dir), 'keys'),
    durability: written.durability ?? 'sync',
    attempts: written.attempts ?? 'writes',
    onFailure: written.on_failure ?? 'deny',
    redactions: linkRedactions(written, context),
    otherwise: otherwise(written),
    anchors: (written.anchor ?? []).map((place) =>
      'git' in place ? { git: resolve(base, place.git) } : { dir: resolve(base, place.dir) },
    ),
    rotateBytes: written.rotate_bytes ?? 256 * 1024 * 1024,
  };
}

function linkRedactions(written: WrittenAudit, context: AuditContext): readonly RedactionRule[] {
  const usual = otherwise(written);
  return (written.redact ?? []).map((rule, index) => {
    const path = ['audit', 'redact', index];
    const modes = { arguments: rule.arguments ?? usual.arguments, results: rule.results ?? usual.results };
    if (rule.mask !== undefined && (modes.arguments === 'full' || modes.results === 'full')) {
      context.findings.error('GH117', context.source.at([...path, 'mask']), {
        message: 'expected redact for what mask is about, found full, which masks nothing',
        hint: 'say redact, hash or none for both arguments and results, or leave out mask',
      });
    }
    return {
      targets: linkTargets(rule.tools, [...path, 'tools'], context),
      class: rule.class ?? null,
      ...modes,
      mask: list(rule.mask).map(segmentsOf),
      detectors: rule.detectors !== 'off',
      label: rule.label ?? '',
    };
  });
}

function otherwise(written: WrittenAudit): Redaction {
  return {
    arguments: written.arguments ?? 'redact',
    results: written.results ?? 'hash',
    mask: [],
    detectors: true,
    label: '',
  };
}

/** `/a~1b/*` → `a/b`, `*` (RFC 6901 section 4). */
function segmentsOf(pointer: string): readonly string[] {
  const escaped = pointer.slice(1).split('/');
  return escaped.map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'));
}
