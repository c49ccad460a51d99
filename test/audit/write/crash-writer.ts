import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { pino } from 'pino';
import { loadKeys } from '../../../src/audit/keys.ts';
import { createAuditLog } from '../../../src/audit/write/writer.ts';
import { auditLimits, auditSettings } from '../settings.ts';

/** Records calls as fast as the disk allows and says which were acknowledged, until it is killed. */
const [dir = '', round = ''] = process.argv.slice(2);
const log = await createAuditLog({
  settings: { ...auditSettings, dir, rotateBytes: 64 * 1024 },
  limits: auditLimits,
  gatewayName: 'acme',
  keys: await loadKeys(join(dir, 'keys')),
  now: () => new Date(),
  log: pino({ level: 'silent' }),
});
await log.record({ ev: 'gateway.start', detail: {} });
writeSync(1, 'ready\n');
await Promise.all(Array.from({ length: 32 }, (_, lane) => callForever(lane)));

async function callForever(lane: number): Promise<never> {
  for (let n = 0; ; n += 1) {
    const tool = `r${round}_${lane}_${n}`;
    await log.record({ ev: 'tool.call', tool, args: Buffer.from(JSON.stringify({ text: 'x'.repeat(n % 500) })) });
    await say(`${tool}\n`);
  }
}

/** The reader may be slower: then the pipe is full for a moment. */
async function say(text: string): Promise<void> {
  try {
    writeSync(1, text);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error;
    await setImmediate();
    await say(text);
  }
}
