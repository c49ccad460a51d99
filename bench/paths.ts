import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { type Fleet, startServing } from './child.ts';
import { type GatewayPlan, startGateway } from './gateway.ts';

/** The ways to the upstream: `gateway` runs its default configuration, `flush` does not wait for the disk. */
export type PathName = 'direct' | 'bare' | 'gateway' | 'flush';

export const pathNames: readonly PathName[] = ['direct', 'bare', 'gateway', 'flush'];

export interface Path {
  readonly name: PathName;
  /** Where the load goes, and the name the tool has there. */
  readonly port: number;
  readonly tool: string;
  /** The process whose CPU time and memory are read: the proxy, or the upstream itself. */
  readonly child: ChildProcess;
}

/** Starts the upstream and what stands before it, with its files in `folder`. */
export async function startPaths(fleet: Fleet, names: readonly PathName[], folder: string): Promise<Path[]> {
  const upstream = await startServing(fleet, 'raw-upstream.ts');
  const paths: Path[] = [];
  for (const name of names) paths.push({ name, ...(await startPath(name)) });
  return paths;

  async function startPath(name: PathName): Promise<Omit<Path, 'name'>> {
    if (name === 'direct') return { ...upstream, tool: 'echo' };
    if (name === 'bare')
      return { ...(await startServing(fleet, 'bare-proxy.ts', [String(upstream.port)])), tool: 'echo' };
    const plan: GatewayPlan = {
      folder: join(folder, name),
      upstreamPort: upstream.port,
      durability: name === 'flush' ? 'flush' : 'sync',
    };
    return { ...(await startGateway(fleet, plan)), tool: 'raw_echo' };
  }
}
