import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { test } from 'node:test';

const everyRoom = ['endpoint', 'calls', 'catalog', 'credentials', 'upstream', 'access', 'identity'];
const everyFloor = ['admin', 'audit', 'http', 'config', 'condition', 'protocol', 'version'];

/** Which rooms (folders of `src/`; `root` is the composition root beside them) a room may import, highest room first. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  main: ['cli', 'version'],
  cli: ['root', ...everyRoom, ...everyFloor],
  root: [...everyRoom, ...everyFloor],
  endpoint: ['calls', 'catalog', 'access', 'identity', 'audit', 'http', 'config', 'protocol'],
  calls: ['catalog', 'credentials', 'upstream', 'access', 'identity', 'audit', 'config', 'condition', 'protocol'],
  catalog: ['upstream', 'config', 'protocol'],
  credentials: ['upstream', 'identity', 'config'],
  upstream: ['config', 'protocol'],
  access: ['identity', 'config', 'condition'],
  identity: ['config'],
  admin: ['http'],
  audit: ['config', 'protocol'],
  http: ['config', 'protocol'],
  config: ['condition', 'protocol'],
  condition: ['protocol'],
  protocol: [],
  version: [],
};

test('imports between rooms follow the table', () => {
  const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  assert(files.length > 0);
  assert.deepEqual(files.flatMap(strayImports), []);
});

test('the table has no way round: a room imports only rooms below it', () => {
  const order = Object.keys(mayImport);
  const upward = order.flatMap((room, place) =>
    (mayImport[room] ?? []).filter((other) => order.indexOf(other) <= place).map((other) => `${room} ► ${other}`),
  );
  assert.deepEqual(upward, []);
});

function strayImports(file: string): string[] {
  const allowed = mayImport[roomOf(file)];
  if (allowed === undefined) return [`src/${file}: the room ${roomOf(file)} is not in the table`];
  return importsOf(file)
    .filter((imported) => roomOf(imported) !== roomOf(file) && !allowed.includes(roomOf(imported)))
    .map(
      (imported) =>
        `src/${file} imports src/${imported}: ${roomOf(file)} may import ${allowed.join(', ') || 'nothing'}`,
    );
}

function importsOf(file: string): string[] {
  const source = readFileSync(join('src', file), 'utf8');
  const specifiers = source.matchAll(/\b(?:from|import)[\s(]*'(\.[^']+)'/g);
  return [...specifiers].map(([, specifier = '']) => normalize(join(dirname(file), specifier)));
}

function roomOf(file: string): string {
  const [room = '', inside] = file.split('/', 2);
  if (inside !== undefined) return room;
  return ['main.ts', 'version.ts'].includes(file) ? room.replace('.ts', '') : 'root';
}
