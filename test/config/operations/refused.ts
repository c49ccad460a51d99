import { chmod, readFile, rm, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gatewayYaml, grantsYaml, put } from '../tree.ts';
import { type DeployOperation, grants, layGitSync } from './operation.ts';

const broken = 'apiVersion: gatehouse/v1\ngrants: [\n';

export const refusedOperations: readonly DeployOperation[] = [
  { name: 'a file is broken', run: (_, p) => put(grants(p), broken), end: 'rejected' },
  { name: 'a file is emptied', run: (_, p) => put(grants(p), ''), end: 'rejected' },
  { name: 'a file is not text', run: (_, p) => put(grants(p), Buffer.from([0xc3, 0x28])), end: 'rejected' },
  { name: 'a broken file is added', run: (_, p) => put(join(p, 'new.yaml'), broken), end: 'rejected' },
  { name: 'the roles that grants need are removed', run: (_, p) => rm(join(p, 'roles.yaml')), end: 'rejected' },
  { name: 'the policy folder is removed', run: (_, p) => rm(p, { recursive: true }), end: 'rejected' },
  {
    name: 'the policy folder becomes a file',
    run: (_, p) => rm(p, { recursive: true }).then(() => put(p, 'x')),
    end: 'rejected',
  },
  {
    name: 'the configuration file is removed',
    run: (folder) => rm(join(folder, 'gateway.config.yaml')),
    end: 'rejected',
  },
  {
    name: 'the listen address is changed',
    run: (f) => put(join(f, 'gateway.config.yaml'), gatewayYaml('policies, listen: "127.0.0.1:9999"')),
    end: 'rejected',
  },
  {
    name: 'git-sync leaves a link that leads nowhere',
    lay: layGitSync,
    run: (folder) => rm(join(folder, 'rev-1'), { recursive: true }),
    end: 'rejected',
  },
  {
    name: 'a broken file is mended',
    run: async (_, p) => {
      await put(grants(p), broken);
      await sleep(400);
      await put(grants(p), grantsYaml('two'));
    },
  },
  {
    name: 'a broken file is put back as it was',
    run: async (_, p) => {
      const before = await readFile(grants(p));
      await put(grants(p), broken);
      await sleep(400);
      await put(grants(p), before);
    },
    end: 'unchanged',
  },
  {
    name: 'a broken file is added and taken away',
    run: async (_, p) => {
      await put(join(p, 'new.yaml'), broken);
      await sleep(400);
      await rm(join(p, 'new.yaml'));
    },
    end: 'unchanged',
  },
  {
    name: 'a file is touched',
    run: (_, p) => utimes(grants(p), new Date(), new Date()),
    end: 'unchanged',
  },
  { name: 'a file gets another mode', run: (_, p) => chmod(grants(p), 0o600), end: 'unchanged' },
  {
    name: 'a file is written with what it held',
    run: async (_, p) => put(grants(p), await readFile(grants(p))),
    end: 'unchanged',
  },
  {
    name: 'other files come and go',
    run: async (folder, p) => {
      await put(join(p, 'notes.txt'), 'hello');
      await put(join(dirname(p), 'other.yaml'), 'hello');
      await rm(join(folder, 'other.yaml'));
    },
    end: 'unchanged',
  },
];
