import { appendFile, link, open, rename, stat, symlink, unlink, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { grantsYaml, put, replace } from '../tree.ts';
import { type DeployOperation, execute, grants } from './operation.ts';

async function inPieces(path: string, pauseMs: number): Promise<void> {
  const text = grantsYaml('two');
  const handle = await open(path, 'w');
  for (let at = 0; at < text.length; at += 150) {
    await handle.write(text.slice(at, at + 150));
    await sleep(pauseMs);
  }
  await handle.close();
}

export const fileOperations: readonly DeployOperation[] = [
  { name: 'a file is written in place', run: (_, p) => put(grants(p), grantsYaml('two')) },
  { name: 'a file is appended to', run: (_, p) => appendFile(grants(p), '  - { to: everyone, roles: [look] }\n') },
  { name: 'a file is truncated and written in quick pieces', run: (_, p) => inPieces(grants(p), 10) },
  { name: 'a file is truncated and written in slow pieces', run: (_, p) => inPieces(grants(p), 60) },
  {
    name: 'a file stays empty for a while before it is written',
    run: async (_, p) => {
      await put(grants(p), '');
      await sleep(250);
      await put(grants(p), grantsYaml('two'));
    },
  },
  { name: 'a file is replaced by rename', run: (_, p) => replace(grants(p), grantsYaml('two')) },
  {
    name: 'a file is replaced by rename from another folder',
    run: async (folder, p) => {
      await put(join(folder, 'staging', 'grants.yaml'), grantsYaml('two'));
      await rename(join(folder, 'staging', 'grants.yaml'), grants(p));
    },
  },
  {
    name: 'a file is replaced by rename from a hidden name, as rsync does, with its old time',
    run: async (_, p) => {
      const { atime, mtime } = await stat(grants(p));
      await put(join(p, '.grants.yaml.Xy3k'), grantsYaml('two'));
      await utimes(join(p, '.grants.yaml.Xy3k'), atime, mtime);
      await rename(join(p, '.grants.yaml.Xy3k'), grants(p));
    },
  },
  {
    name: 'a file is written in place with its old size and time',
    run: async (_, p) => {
      const { atime, mtime } = await stat(grants(p));
      await put(grants(p), grantsYaml('six'));
      await utimes(grants(p), atime, mtime);
    },
  },
  {
    name: 'vim moves the file aside, writes a new one and removes the old one',
    run: async (_, p) => {
      await rename(grants(p), `${grants(p)}~`);
      await put(grants(p), grantsYaml('two'));
      await unlink(`${grants(p)}~`);
    },
  },
  {
    name: 'vim writes in place beside its swap file',
    run: async (_, p) => {
      await put(join(p, '.grants.yaml.swp'), 'swap');
      await put(grants(p), grantsYaml('two'));
      await unlink(join(p, '.grants.yaml.swp'));
    },
  },
  {
    name: 'emacs keeps a dangling lock link and an autosave file while it saves',
    run: async (_, p) => {
      await symlink('me@host.1234', join(p, '.#grants.yaml'));
      await put(join(p, '#grants.yaml#'), grantsYaml('draft'));
      await replace(grants(p), grantsYaml('two'));
      await unlink(join(p, '#grants.yaml#'));
      await unlink(join(p, '.#grants.yaml'));
    },
  },
  {
    name: 'a JetBrains editor swaps by two renames',
    run: async (_, p) => {
      await put(`${grants(p)}___jb_tmp___`, grantsYaml('two'));
      await rename(grants(p), `${grants(p)}___jb_old___`);
      await rename(`${grants(p)}___jb_tmp___`, grants(p));
      await unlink(`${grants(p)}___jb_old___`);
    },
  },
  {
    name: 'a file is edited with sed -i',
    run: (_, p) => execute('sed', ['-i', 's/user3/user33/', grants(p)]),
  },
  {
    name: 'a file is unlinked and written again, as tar does',
    run: async (_, p) => {
      await unlink(grants(p));
      await put(grants(p), grantsYaml('two'));
    },
  },
  {
    name: 'a file is unlinked and hard-linked from elsewhere',
    run: async (folder, p) => {
      await put(join(folder, 'new.txt'), grantsYaml('two'));
      await unlink(grants(p));
      await link(join(folder, 'new.txt'), grants(p));
    },
  },
  {
    name: 'two files change places',
    run: async (_, p) => {
      await rename(grants(p), join(p, 'spare'));
      await rename(join(p, 'roles.yaml'), grants(p));
      await rename(join(p, 'spare'), join(p, 'roles.yaml'));
    },
  },
];
