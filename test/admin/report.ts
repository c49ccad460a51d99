import type { HealthReport } from '../../src/admin/health.ts';

export const healthy: HealthReport = {
  phase: 'serving',
  version: '0.1.0',
  generation: 3,
  config: '00112233aabbccdd',
  git: null,
  refused: null,
  servers: [
    {
      name: 'memory',
      state: 'up',
      reason: '',
      since: new Date('2026-11-01T00:00:00Z'),
      tools: 9,
      drifted: 1,
      unlisted: 2,
    },
  ],
  audit: {
    ...{ ok: true, accepting: 'everything', detail: '', head: 'h34d', seq: 41, signed: 40 },
    ...{ lost: 0, space: 'ample', freeBytes: 5_000_000_000 },
  },
  sessions: 2,
  streams: 1,
};
