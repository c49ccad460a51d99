import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { grantsYaml, groupYaml, put, putPolicies } from '../tree.ts';
import { type DeployOperation, execute, grants } from './operation.ts';

/** A repository with a branch `next` that has 300 more files and different grants. */
async function layRepository(folder: string, policies: string): Promise<void> {
  const inside = (...args: string[]): Promise<void> =>
    execute('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args], { cwd: folder });
  await putPolicies(policies, 'one');
  await inside('init', '-q', '-b', 'main');
  await inside('add', '.');
  await inside('commit', '-q', '-m', 'one');
  await inside('checkout', '-q', '-b', 'next');
  await put(grants(policies), grantsYaml('two'));
  for (let n = 0; n < 300; n += 1) await put(join(policies, 'many', `g${n}.yaml`), groupYaml(`g${n}`));
  await inside('add', '.');
  await inside('commit', '-q', '-m', 'two');
  await inside('checkout', '-q', 'main');
}

const checkout = (folder: string, ...args: string[]): Promise<void> => execute('git', args, { cwd: folder });

export const gitOperations: readonly DeployOperation[] = [
  {
    name: 'git checks out three hundred files',
    lay: layRepository,
    run: (f) => checkout(f, 'checkout', '-q', 'next'),
  },
  {
    name: 'git merges three hundred files',
    lay: layRepository,
    run: (f) => checkout(f, 'merge', '-q', '--ff-only', 'next'),
  },
  {
    name: 'git resets to another commit',
    lay: layRepository,
    run: (f) => checkout(f, 'reset', '-q', '--hard', 'next'),
  },
  {
    name: 'git goes there and back again',
    lay: layRepository,
    run: async (folder) => {
      await checkout(folder, 'checkout', '-q', 'next');
      await sleep(500);
      await checkout(folder, 'checkout', '-q', 'main');
    },
    end: 'unchanged',
  },
  {
    name: 'git holds its index lock while files change',
    lay: layRepository,
    run: async (folder, p) => {
      await put(join(folder, '.git', 'index.lock'), '');
      await put(grants(p), 'half written');
      await sleep(700);
      await put(grants(p), grantsYaml('two'));
      await rm(join(folder, '.git', 'index.lock'));
    },
  },
];
