import { mkdir, mkdtemp, realpath, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A fresh folder that goes away with the test. */
export async function temporaryFolder(context: { after(fn: () => Promise<void>): void }): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'gatehouse-config-')));
  context.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export async function put(path: string, text: string | Buffer): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}

/** As careful programs write: a temporary file first, renamed over the old one. */
export async function replace(path: string, text: string): Promise<void> {
  await put(`${path}.tmp`, text);
  await rename(`${path}.tmp`, path);
}

/** As `ln -sfn` does when it is careful: a new link renamed over the old one. */
export async function relink(path: string, target: string): Promise<void> {
  await symlink(target, `${path}.new`);
  await rename(`${path}.new`, path);
}

export const gatewayYaml = (policies = 'policies'): string => `apiVersion: gatehouse/v1
gateway: { name: test, policies: ${policies} }
servers:
  alpha: { url: "https://alpha.example/mcp" }
`;

export const rolesYaml = (extra = ''): string => `apiVersion: gatehouse/v1
roles:
  look: { allow: [{ read: alpha/* }] }
${extra}`;

/** Ten grants that stay and one that tells versions apart. */
export function grantsYaml(version: string, count = 10): string {
  const users = [...Array.from({ length: count }, (_, index) => `user${index}`), `version-${version}`];
  return `apiVersion: gatehouse/v1\ngrants:\n${users.map((user) => `  - { to: "user:${user}", roles: [look] }\n`).join('')}`;
}

export const groupYaml = (name: string): string =>
  `apiVersion: gatehouse/v1\ngroups: { ${name}: { claim: ${name} } }\n`;

/** A policy folder of three files, one of them in a folder of its own. */
export async function putPolicies(folder: string, version: string): Promise<void> {
  await put(join(folder, 'roles.yaml'), rolesYaml());
  await put(join(folder, 'grants.yaml'), grantsYaml(version));
  await put(join(folder, 'team', 'groups.yaml'), groupYaml('staff'));
}
