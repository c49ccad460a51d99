import { rename, rm, symlink, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { grantsYaml, groupYaml, put, putPolicies, relink, replace, rolesYaml } from '../tree.ts';
import { type DeployOperation, grants, layGitSync, layRevision } from './operation.ts';

async function layChain(folder: string, policies: string): Promise<void> {
  await layRevision(join(folder, 'store', 'deep'), 'rev-1', 'one');
  await symlink('rev-1', join(folder, 'store', 'deep', 'head'));
  await symlink('store/deep/head', policies);
}

async function putVolume(policies: string, name: string, version: string): Promise<void> {
  await put(join(policies, name, 'roles.yaml'), rolesYaml());
  await put(join(policies, name, 'grants.yaml'), grantsYaml(version));
}

/** A Kubernetes volume: visible links into `..data`, itself a link to a folder with a time in its name. */
async function layVolume(_: string, policies: string): Promise<void> {
  await putVolume(policies, '..2026_1', 'one');
  await symlink('..2026_1', join(policies, '..data'));
  for (const name of ['roles.yaml', 'grants.yaml']) await symlink(`..data/${name}`, join(policies, name));
}

async function swapVolume(policies: string, name: string, version: string): Promise<void> {
  await putVolume(policies, name, version);
  await symlink(name, join(policies, '..data_tmp'));
  await rename(join(policies, '..data_tmp'), join(policies, '..data'));
}

export const linkOperations: readonly DeployOperation[] = [
  {
    name: 'git-sync swaps the link to a new revision',
    lay: layGitSync,
    run: async (folder, p) => relink(p, await layRevision(folder, 'rev-2', 'two')),
  },
  {
    name: 'git-sync swaps the link and removes the old revision',
    lay: layGitSync,
    run: async (folder, p) => {
      await relink(p, await layRevision(folder, 'rev-2', 'two'));
      await rm(join(folder, 'rev-1'), { recursive: true });
    },
  },
  {
    name: 'git-sync swaps twice in quick succession',
    lay: layGitSync,
    run: async (folder, p) => {
      await relink(p, await layRevision(folder, 'rev-2', 'two'));
      await relink(p, await layRevision(folder, 'rev-3', 'three'));
    },
  },
  {
    name: 'git-sync swaps, and later once more',
    lay: layGitSync,
    run: async (folder, p) => {
      await relink(p, await layRevision(folder, 'rev-2', 'two'));
      await sleep(600);
      await relink(p, await layRevision(folder, 'rev-3', 'three'));
    },
  },
  {
    name: 'a link is removed and made again',
    lay: layGitSync,
    run: async (folder, p) => {
      await layRevision(folder, 'rev-2', 'two');
      await unlink(p);
      await symlink(join(folder, 'rev-2'), p);
    },
  },
  {
    name: 'a file behind a link is written in place',
    lay: layGitSync,
    run: (folder) => put(grants(join(folder, 'rev-1')), grantsYaml('two')),
  },
  {
    name: 'the inner link of a chain is swapped',
    lay: layChain,
    run: async (folder) => {
      const deep = join(folder, 'store', 'deep');
      await relink(join(deep, 'head'), await layRevision(deep, 'rev-2', 'two'));
    },
  },
  {
    name: 'the outer link of a chain is swapped',
    lay: layChain,
    run: async (folder, p) => relink(p, await layRevision(folder, 'rev-2', 'two')),
  },
  {
    name: 'a folder inside a chain is exchanged',
    lay: layChain,
    run: async (folder) => {
      await layRevision(join(folder, 'store', 'next'), 'rev-1', 'two');
      await symlink('rev-1', join(folder, 'store', 'next', 'head'));
      await rename(join(folder, 'store', 'deep'), join(folder, 'store', 'previous'));
      await rename(join(folder, 'store', 'next'), join(folder, 'store', 'deep'));
    },
  },
  { name: 'a Kubernetes volume is updated', lay: layVolume, run: (_, p) => swapVolume(p, '..2026_2', 'two') },
  {
    name: 'a Kubernetes volume is updated and the old data removed',
    lay: layVolume,
    run: async (_, p) => {
      await swapVolume(p, '..2026_2', 'two');
      await rm(join(p, '..2026_1'), { recursive: true });
    },
  },
  {
    name: 'a Kubernetes volume is updated twice, a while apart',
    lay: layVolume,
    run: async (_, p) => {
      await swapVolume(p, '..2026_2', 'two');
      await sleep(600);
      await swapVolume(p, '..2026_3', 'three');
    },
  },
  {
    name: 'a Kubernetes volume gains a file',
    lay: layVolume,
    run: async (_, p) => {
      await put(join(p, '..2026_2', 'groups.yaml'), groupYaml('ops'));
      await swapVolume(p, '..2026_2', 'two');
      await symlink('..data/groups.yaml', join(p, 'groups.yaml'));
    },
  },
  {
    name: 'a Kubernetes volume loses a file',
    lay: async (folder, p) => {
      await put(join(p, '..2026_1', 'groups.yaml'), groupYaml('ops'));
      await symlink('..data/groups.yaml', join(p, 'groups.yaml'));
      await layVolume(folder, p);
    },
    run: async (_, p) => {
      await swapVolume(p, '..2026_2', 'two');
      await unlink(join(p, 'groups.yaml'));
    },
  },
  {
    name: 'a link to a single file is swapped',
    lay: layFileLink,
    run: (folder, p) =>
      put(join(folder, 'b.txt'), groupYaml('beta')).then(() => relink(join(p, 'ops.yaml'), '../b.txt')),
  },
  {
    name: 'a single file behind a link is replaced',
    lay: layFileLink,
    run: (folder) => replace(join(folder, 'a.txt'), groupYaml('beta')),
  },
  {
    name: 'a link to a folder inside the tree is swapped',
    lay: async (folder, p) => {
      await putPolicies(p, 'one');
      await put(join(folder, 'set-1', 'groups.yaml'), groupYaml('alpha'));
      await symlink('../set-1', join(p, 'set'));
    },
    run: async (folder, p) => {
      await put(join(folder, 'set-2', 'groups.yaml'), groupYaml('beta'));
      await relink(join(p, 'set'), '../set-2');
    },
  },
];

async function layFileLink(folder: string, policies: string): Promise<void> {
  await putPolicies(policies, 'one');
  await put(join(folder, 'a.txt'), groupYaml('alpha'));
  await symlink('../a.txt', join(policies, 'ops.yaml'));
}
