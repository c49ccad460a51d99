import { cp, mkdir, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gatewayYaml, grantsYaml, groupYaml, put, putPolicies, replace } from '../tree.ts';
import { type DeployOperation, grants } from './operation.ts';

export const folderOperations: readonly DeployOperation[] = [
  { name: 'a file is added', run: (_, p) => put(join(p, 'more.yaml'), groupYaml('ops')) },
  { name: 'a file is removed', run: (_, p) => rm(join(p, 'team', 'groups.yaml')) },
  { name: 'a file is renamed', run: (_, p) => rename(grants(p), join(p, 'access.yaml')) },
  { name: 'a file moves to another folder', run: (_, p) => rename(grants(p), join(p, 'team', 'grants.yaml')) },
  { name: 'a folder is added', run: (_, p) => put(join(p, 'ops', 'groups.yaml'), groupYaml('ops')) },
  { name: 'folders in folders are added', run: (_, p) => put(join(p, 'a', 'b', 'c', 'groups.yaml'), groupYaml('ops')) },
  {
    name: 'a folder is added and written to later',
    run: async (_, p) => {
      await mkdir(join(p, 'late', 'later'), { recursive: true });
      await sleep(400);
      await put(join(p, 'late', 'later', 'groups.yaml'), groupYaml('ops'));
    },
  },
  { name: 'a folder is removed', run: (_, p) => rm(join(p, 'team'), { recursive: true }) },
  { name: 'a folder is renamed', run: (_, p) => rename(join(p, 'team'), join(p, 'crew')) },
  {
    name: 'a folder is moved in',
    run: async (folder, p) => {
      await put(join(folder, 'elsewhere', 'groups.yaml'), groupYaml('ops'));
      await rename(join(folder, 'elsewhere'), join(p, 'ops'));
    },
  },
  { name: 'a folder is moved out', run: (folder, p) => rename(join(p, 'team'), join(folder, 'gone')) },
  {
    name: 'a folder is removed and made again',
    run: async (_, p) => {
      await rm(join(p, 'team'), { recursive: true });
      await put(join(p, 'team', 'groups.yaml'), groupYaml('ops'));
    },
  },
  {
    name: 'ten files are written at once',
    run: async (_, p) => {
      await Promise.all(Array.from({ length: 10 }, (_, n) => put(join(p, `g${n}.yaml`), groupYaml(`g${n}`))));
    },
  },
  {
    name: 'three hundred files are written at once',
    run: async (_, p) => {
      await Promise.all(Array.from({ length: 300 }, (_, n) => put(join(p, 'many', `g${n}.yaml`), groupYaml(`g${n}`))));
    },
  },
  {
    name: 'a file is written all the time for longer than the debounce waits',
    run: async (_, p) => {
      for (let round = 0; round < 50; round += 1) {
        await replace(grants(p), grantsYaml(`r${round}`));
        await sleep(50);
      }
    },
  },
  {
    name: 'the configuration file is written in place',
    run: (folder) => put(join(folder, 'gateway.config.yaml'), `${gatewayYaml()}  beta: { url: "https://b.example" }\n`),
  },
  {
    name: 'the configuration file is replaced by rename',
    run: (folder) =>
      replace(join(folder, 'gateway.config.yaml'), `${gatewayYaml()}  beta: { url: "https://b.example" }\n`),
  },
  {
    name: 'the configuration file is gone for a while',
    run: async (folder) => {
      await rm(join(folder, 'gateway.config.yaml'));
      await sleep(300);
      await put(join(folder, 'gateway.config.yaml'), `${gatewayYaml()}  beta: { url: "https://b.example" }\n`);
    },
  },
  {
    name: 'the configuration file names another policy folder, which changes later',
    run: async (folder) => {
      await putPolicies(join(folder, 'other'), 'two');
      await replace(join(folder, 'gateway.config.yaml'), gatewayYaml('other'));
      await sleep(500);
      await put(join(folder, 'other', 'team', 'groups.yaml'), groupYaml('ops'));
    },
  },
  {
    name: 'the policy folder is removed and made again at once',
    run: async (_, p) => {
      await rm(p, { recursive: true });
      await putPolicies(p, 'two');
    },
  },
  {
    name: 'the policy folder is removed, made again later, and changed after that',
    run: async (_, p) => {
      await rm(p, { recursive: true });
      await sleep(300);
      await putPolicies(p, 'two');
      await sleep(500);
      await put(grants(p), grantsYaml('three'));
    },
  },
  {
    name: 'the policy folder is renamed away, another takes its place and is changed later',
    run: async (folder, p) => {
      await putPolicies(join(folder, 'next'), 'two');
      await rename(p, join(folder, 'previous'));
      await rename(join(folder, 'next'), p);
      await sleep(500);
      await put(join(p, 'team', 'groups.yaml'), groupYaml('ops'));
    },
  },
  {
    name: 'the policy folder becomes a link',
    run: async (folder, p) => {
      await putPolicies(join(folder, 'next'), 'two');
      await rename(p, join(folder, 'previous'));
      await symlink('next', p);
    },
  },
  {
    name: 'the folder above everything is exchanged',
    run: async (folder) => {
      await put(join(`${folder}.next`, 'gateway.config.yaml'), gatewayYaml());
      await putPolicies(join(`${folder}.next`, 'policies'), 'two');
      await rename(folder, join(`${folder}.next`, 'previous'));
      await rename(`${folder}.next`, folder);
    },
  },
  {
    name: 'a tree is copied over it',
    run: async (folder, p) => {
      await putPolicies(join(folder, 'next'), 'two');
      await cp(join(folder, 'next'), p, { recursive: true, force: true });
    },
  },
];
