import type { AuditLogParts } from '../../src/audit/write/writer.ts';
import type { AuditSettings } from '../../src/config/audit-settings.ts';

/** The defaults, on small files in no folder. */
export const auditSettings: AuditSettings = {
  dir: '',
  keys: '',
  durability: 'sync',
  attempts: 'writes',
  onFailure: 'deny',
  redactions: [],
  otherwise: { arguments: 'redact', results: 'hash', mask: [], detectors: true, label: '' },
  anchors: [],
  rotateBytes: 1024 * 1024,
};

export const auditLimits: AuditLogParts['limits'] = {
  auditQueueMax: 1000,
  auditReserveBytes: 64 * 1024,
  auditSpaceLowBytes: 1024 * 1024,
  auditSpaceScarceBytes: 256 * 1024,
};
