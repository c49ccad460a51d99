import type { TestContext } from 'node:test';
import { openLog } from '../../audit/log.ts';

/** Who used what on a day: `lea@acme.co support,all notion/search write`; without groups `-`, a robot as `robot:NAME`. */
export type Use = readonly [day: string, what: string];

/** A log that begins with the first day; each use is an allowed call at noon. */
export async function writeUses(t: TestContext, dir: string, uses: readonly Use[]): Promise<void> {
  const clock = { now: new Date(`${uses[0]?.[0]}T00:00:00Z`) };
  const log = await openLog(t, dir, { settings: { durability: 'flush' }, now: () => clock.now });
  await log.record({ ev: 'gateway.start', at: clock.now });
  for (const [day, what] of uses) {
    clock.now = new Date(`${day}T12:00:00Z`);
    const [who = '', groups = '-', name = '', risk = 'read'] = what.split(' ');
    const isRobot = who.startsWith('robot:');
    const [server = '', tool = ''] = name.split('/');
    await log.record({
      ...{ ev: 'tool.call', at: clock.now, actor: who.replace('robot:', ''), server, tool, outcome: 'ok' },
      ...{ actor_type: isRobot ? 'robot' : 'human', groups: groups === '-' ? [] : groups.split(',') },
      ...{ risk: risk === 'write' || risk === 'destructive' ? risk : 'read', decision: 'allow' },
    });
  }
  await log.record({ ev: 'gateway.stop', at: clock.now });
  await log.close();
}
