import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { parse } from 'yaml';
import { load } from '../../src/config/load.ts';
import type { Problem } from '../../src/config/problem.ts';
import { put, temporaryFolder } from './tree.ts';

/** One set of files and everything `check` must say about it. */
interface Case {
  readonly name: string;
  /** The whole gateway.config.yaml, when it is not the plain one. */
  readonly gateway?: string;
  /** A policy file beside the plain one. */
  readonly policy?: string;
  /** Further files by path. */
  readonly files?: Readonly<Record<string, string>>;
  readonly base64?: Readonly<Record<string, string>>;
  /** `[warning] CODE FILE:LINE:COL MESSAGE [HINT]`, in the order of their places. */
  readonly problems: readonly string[];
}

const plainGateway = `apiVersion: gatehouse/v1
gateway: { name: test }
servers: { alpha: { url: "https://alpha.example/mcp" } }
`;
const plainPolicy = `apiVersion: gatehouse/v1
groups: { eng: { claim: eng } }
roles: { look: { allow: [{ read: "*/*" }] } }
robots: { bot: { owner: me } }
grants: [{ to: group:eng, roles: [look] }]
`;
const now = (): Date => new Date('2026-11-22T12:00:00Z');
const folder = new URL('./cases/', import.meta.url);

function show({ severity, code, at, message, hint }: Problem): string {
  const prefix = severity === 'warning' ? 'warning ' : '';
  return `${prefix}${code} ${at.file}:${at.line}:${at.col} ${message}${hint === '' ? '' : ` [${hint}]`}`;
}

for (const file of readdirSync(folder)) {
  const cases: readonly Case[] = parse(readFileSync(new URL(file, folder), 'utf8'));
  describe(`problems: ${file}`, { concurrency: 4 }, () => {
    for (const { name, gateway, policy, files, base64, problems } of cases) {
      it(name, async (context) => {
        const root = await temporaryFolder(context);
        await put(join(root, 'gateway.config.yaml'), gateway ?? plainGateway);
        await put(join(root, 'policies', 'base.yaml'), plainPolicy);
        if (policy !== undefined) await put(join(root, 'policies', 'case.yaml'), policy);
        for (const [path, text] of Object.entries(files ?? {})) await put(join(root, path), text);
        for (const [path, text] of Object.entries(base64 ?? {}))
          await put(join(root, path), Buffer.from(text, 'base64'));
        const loaded = await load(join(root, 'gateway.config.yaml'), { now });
        assert.deepEqual(loaded.problems.map(show), problems);
        assert.equal(
          loaded.configuration === null,
          problems.some((problem) => problem.startsWith('GH')),
        );
      });
    }
  });
}
