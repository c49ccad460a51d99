import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { test } from 'node:test';

/** Lines that are neither blank nor comment. A feature that needs more raises it in its own commit, and says why. */
const codeLinesMax = 31_000;
const linesMaxTestFile = 300;

/** Names that say nothing about what is inside. */
const emptyWords = /^(?:utils?|helpers?|common|shared|types?|manager|service|handler|misc|data|info)$/;

/** Each runtime dependency and what it saves us. */
const dependencyReasons: Readonly<Record<string, string>> = {
  '@duckdb/node-api': 'SQL over the audit log',
  '@marcbachmann/cel-js': 'conditions: CEL with a type checker',
  '@zip.js/zip.js': 'evidence packs as one zip',
  ajv: 'the published schemas are what the loader checks',
  chokidar: 'file watching on three platforms',
  jose: 'JWT and key sets',
  pino: 'structured log with redaction',
  'prom-client': 'metrics in the Prometheus format',
  re2js: 'patterns that meet data take linear time',
  undici: 'upstream HTTP with pools of our own and no redirects',
  yaml: 'YAML with positions of every word',
};

interface SourceRule {
  readonly what: string;
  readonly pattern: RegExp;
  /** Where it may stand. */
  readonly except: readonly string[];
}

const sourceRules: readonly SourceRule[] = [
  { what: 'state outside a closure', pattern: /^(?:export )?(?:let|var)\b/m, except: [] },
  { what: 'a singleton', pattern: /\bstatic instance\b|\bgetInstance\b/, except: [] },
  {
    what: 'the environment',
    pattern: /\bprocess\.env\b|\benv\b[^;=]*\} = process\b/,
    except: ['src/config/read.ts', 'src/credentials/references.ts', 'src/cli/output.ts', 'src/main.ts'],
  },
  { what: 'process.exit', pattern: /\bprocess\.exit\(/, except: ['src/main.ts'] },
  { what: 'console', pattern: /\bconsole\./, except: [] },
  { what: 'a note to self', pattern: /\b(?:TODO|FIXME|XXX|HACK)\b/, except: [] },
  { what: 'DuckDB loaded at start', pattern: /^(?:import|export) (?!type\b)[^;]*'@duckdb\//m, except: [] },
];

/** Paths of one machine and hosts of package registries, in brackets so that this line is not one of them. */
const localWords = /(?<![\w.~-])\/(?:hom[e]|User[s]|roo[t]|wor[k])\/\w|npm[j]s\.|yarn[p]kg\.|de[b]\.debian|pyp[i]\.org/;

const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
  encoding: 'utf8',
})
  .split('\0')
  .filter((file) => file !== '' && existsSync(file));
const code = files.filter((file) => /^(?:src|test|bench)\/.*\.ts$/.test(file));
const sources = code.filter((file) => file.startsWith('src/'));

test('code files have kebab-case names that say something', () => {
  assert(code.length > 0);
  const names = code.filter((file) =>
    file.split('/').some((part) => !/^[a-z\d]+(?:-[a-z\d]+)*(?:\.test)?(?:\.ts)?$/.test(part)),
  );
  assert.deepEqual(names, []);
  assert.deepEqual(
    code.filter((file) => file.split(/[/.-]/).some((word) => emptyWords.test(word))),
    [],
  );
});

for (const { what, pattern, except } of sourceRules) {
  test(`src holds ${what} ${except.length === 0 ? 'nowhere' : `only in ${except.join(', ')}`}`, () => {
    assert.deepEqual(
      sources.filter((file) => !except.includes(file) && pattern.test(read(file))),
      [],
    );
  });
}

test('DuckDB is named by the audit room alone', () => {
  const naming = sources.filter((file) => /'@duckdb\//.test(read(file)));
  assert.deepEqual(
    naming.filter((file) => !file.startsWith('src/audit/')),
    [],
  );
});

test(`src stays within ${codeLinesMax} lines of code`, () => {
  const lines = sources.flatMap((file) => read(file).split('\n')).filter((line) => !/^\s*($|\/\/|\/\*|\*)/.test(line));
  assert(lines.length <= codeLinesMax, `src has ${lines.length} lines of code`);
});

test(`a test file has at most ${linesMaxTestFile} lines`, () => {
  const long = code.filter((file) => file.startsWith('test/') && lineCount(file) > linesMaxTestFile);
  assert.deepEqual(long, []);
});

test('every runtime dependency has its reason', () => {
  const { dependencies } = JSON.parse(read('package.json'));
  assert.deepEqual(Object.keys(dependencies).sort(), Object.keys(dependencyReasons).sort());
});

test('the lock file names no place to download from', () => {
  const { packages } = JSON.parse(read('package-lock.json'));
  const placed = Object.entries<{ resolved?: string }>(packages).filter(([, entry]) => entry.resolved !== undefined);
  assert.deepEqual(
    placed.map(([name]) => name),
    [],
  );
});

test('the lock file holds every optional dependency of every platform, without which npm ci refuses it', () => {
  const { packages } = JSON.parse(read('package-lock.json'));
  const named = Object.values<{ optionalDependencies?: object }>(packages).flatMap(({ optionalDependencies = {} }) =>
    Object.keys(optionalDependencies),
  );
  const held = new Set(Object.keys(packages).map((path) => path.slice(path.lastIndexOf('node_modules/') + 13)));
  assert.deepEqual(
    named.filter((name) => !held.has(name)),
    [],
  );
});

test('no file names a path of one machine or a package registry', () => {
  const hits = files.flatMap((file) => localWords.exec(read(file))?.[0].concat(` in ${file}`) ?? []);
  assert.deepEqual(hits, []);
});

test('links between documents lead somewhere', () => {
  const documents = files.filter((file) => file.endsWith('.md'));
  assert.deepEqual(documents.flatMap(deadLinks), []);
});

function deadLinks(document: string): string[] {
  const prose = read(document)
    .replace(/^```[\s\S]*?^```/gm, '')
    .replace(/`[^`\n]*`/g, '');
  const targets = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
  return targets
    .filter((target) => !/^(?:https?|mailto):/.test(target))
    .filter((target) => !leadsSomewhere(document, target))
    .map((target) => `${document} → ${target}`);
}

function leadsSomewhere(document: string, target: string): boolean {
  const [path = '', anchor] = target.split('#', 2);
  const file = path === '' ? document : join(dirname(document), decodeURI(path));
  if (!existsSync(file)) return false;
  return anchor === undefined || !basename(file).endsWith('.md') || anchors(read(file)).includes(anchor);
}

/** As GitHub makes them from headings. */
function anchors(markdown: string): string[] {
  return [...markdown.matchAll(/^#+ +(.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

function lineCount(file: string): number {
  return read(file).split('\n').length - 1;
}

function read(file: string): string {
  return readFileSync(file, 'utf8');
}
