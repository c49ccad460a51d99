import type { Owners } from './configuration.ts';
import type { Findings } from './findings.ts';
import { keysOf, unknown } from './known.ts';
import { list } from './link-servers.ts';
import type { Path } from './parse.ts';
import type { Shaped } from './shape.ts';
import type { WrittenGateway, WrittenPolicy } from './written.ts';

export interface OwnerParts {
  readonly gateway: Shaped;
  readonly policies: readonly Shaped[];
  readonly findings: Findings;
}

/** Reads `owners`; with that section, each owner that a server, a robot or the gateway names must be in it. */
export function linkOwners({ gateway, policies, findings }: OwnerParts): Owners {
  const written = (gateway.source.value ?? {}) as WrittenGateway;
  const entries = keysOf(gateway.source, 'owners').filter((word) => gateway.isSound('owners', word));
  const handles = new Map(entries.map((word) => [word, list(written.owners?.[word])]));
  const owner = gateway.isSound('gateway') ? (written.gateway?.owner ?? '') : '';
  if (written.owners) {
    const known = new Set(keysOf(gateway.source, 'owners'));
    const places = [
      ...(owner === '' ? [] : [{ file: gateway, path: ['gateway', 'owner'], owner }]),
      ...ownersIn(gateway, 'servers'),
      ...policies.flatMap((file) => ownersIn(file, 'robots')),
    ];
    for (const { file, path, owner: word } of places) {
      if (!known.has(word)) findings.error('GH095', file.source.at(path), unknown('word of owners', word, known));
    }
  }
  return { gateway: owner, handles };
}

interface NamedOwner {
  readonly file: Shaped;
  readonly path: Path;
  readonly owner: string;
}

function ownersIn(file: Shaped, section: 'servers' | 'robots'): readonly NamedOwner[] {
  const entries = (file.source.value as Partial<WrittenGateway & WrittenPolicy> | null)?.[section];
  return keysOf(file.source, section).flatMap((name) => {
    const owner = file.isSound(section, name) ? entries?.[name]?.owner : undefined;
    return owner === undefined ? [] : [{ file, path: [section, name, 'owner'], owner }];
  });
}
