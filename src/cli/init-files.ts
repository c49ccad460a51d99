import { readFileSync } from 'node:fs';
import { version } from '../version.ts';

/** Whose job runs the checks of a pull request. */
export type Forge = 'github' | 'gitlab';

/** A file of the starter. */
export interface StarterFile {
  /** Relative to the folder that becomes a gateway's, with `/`. */
  readonly path: string;
  readonly text: string;
}

const root = new URL('../../', import.meta.url);

/** Configuration, policy, its tests and lock, and a server: these belong together. */
const starter = [
  'gateway.config.yaml',
  'policies/access.yaml',
  'policies/access.test.yaml',
  'policies/lock/hello.json',
  'servers/hello.mjs',
] as const;

/** What must not be there yet: any policy beside the starter's would be one policy with it. */
export const starterPlaces: readonly string[] = ['gateway.config.yaml', 'policies', 'servers/hello.mjs'];

/** Kinds of file whose schema an editor is shown; a copy, since not every colleague has the package beside the files. */
const schemas = ['gateway', 'policy', 'policy-test', 'lock'] as const;

const jobs: Readonly<Record<Forge, string>> = { github: '.github/workflows/gatehouse.yaml', gitlab: '.gitlab-ci.yml' };

/** What makes a gateway; a part of it would not be right. */
export function starterFiles(): readonly StarterFile[] {
  return starter.map((path) => ({ path, text: read(`starter/${path}`) }));
}

/** What helps: the schemas for editors and the job for pull requests, pinned to this version. */
export function companionFiles(forge: Forge | null): readonly StarterFile[] {
  return [
    ...schemas.map((kind) => ({
      path: `.gatehouse/schema/${kind}.schema.json`,
      text: read(`schema/${kind}.schema.json`),
    })),
    ...(forge === null
      ? []
      : [{ path: jobs[forge], text: read(`starter/ci/${forge}.yaml`).replaceAll('GATEHOUSE_VERSION', version) }]),
  ];
}

function read(path: string): string {
  return readFileSync(new URL(path, root), 'utf8');
}
