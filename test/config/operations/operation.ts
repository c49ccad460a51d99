import { execFile } from 'node:child_process';
import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { putPolicies } from '../tree.ts';

/** One way in which files get onto a machine. `folder` holds gateway.config.yaml; `policies` is what it names. */
export interface DeployOperation {
  readonly name: string;
  /** Lays out the first state; the default is a plain folder. */
  readonly lay?: (folder: string, policies: string) => Promise<void>;
  readonly run: (folder: string, policies: string) => Promise<void>;
  /** What the gateway must come to. Default: what the files say now. */
  readonly end?: 'unchanged' | 'rejected';
}

export const grants = (policies: string): string => join(policies, 'grants.yaml');

/** Runs a program; rejects when it fails. */
export async function execute(program: string, args: readonly string[], options: { cwd?: string } = {}): Promise<void> {
  await promisify(execFile)(program, args, options);
}

export async function layRevision(folder: string, name: string, version: string): Promise<string> {
  await putPolicies(join(folder, name), version);
  return name;
}

export async function layGitSync(folder: string, policies: string): Promise<void> {
  await symlink(await layRevision(folder, 'rev-1', 'one'), policies);
}
