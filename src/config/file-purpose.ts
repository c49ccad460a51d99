import type { Findings } from './findings.ts';

/**
 * What a file in the policy folder is for, by its name: tests are for `gatehouse test`, and a `.yml` file would be
 * taken for policy by a person only.
 */
export function purposeOf(name: string): 'policy' | 'test' | 'misnamed' | 'none' {
  if (name.endsWith('.test.yaml')) return 'test';
  if (name.endsWith('.yml')) return 'misnamed';
  return name.endsWith('.yaml') ? 'policy' : 'none';
}

/** Hidden names are editors' and Kubernetes' own: `..data` holds the same files a second time. */
export function isHidden(name: string): boolean {
  return name.startsWith('.');
}

/** Tells of a `.yml` file; `file` as problems show it. */
export function tellMisnamed(file: string, findings: Findings): void {
  findings.error(
    'GH006',
    { file, line: 1, col: 1 },
    {
      message: 'found a .yml file, which would not be read',
      hint: 'rename it to .yaml',
    },
  );
}

/** Tells of what is in the lock folder and no lock: that one holds a JSON file for each server and nothing else. */
export function tellStray(file: string, findings: Findings): void {
  findings.warning(
    'GH005',
    { file, line: 1, col: 1 },
    {
      message: 'expected only .json files in the lock folder; nothing in this one has an effect',
      hint: 'move it',
    },
  );
}
