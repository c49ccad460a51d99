import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import { join, resolve } from 'node:path';
import { json } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { temporaryFolder } from '../config/tree.ts';

const script = resolve('ci/comment.mjs');
const marker = '<!-- gatehouse-check -->';
const secret = 'token-of-the-test';

interface Comment {
  readonly id: number;
  readonly body: string;
  readonly user?: { readonly type: string };
  readonly author?: { readonly id: number };
}

/** A forge as far as comments go, and what it was asked. */
async function forge(t: TestContext, comments: readonly Comment[], refuse: number | null = null) {
  const asked: string[] = [];
  const bodies: string[] = [];
  const server = createServer(async (req: IncomingMessage, res) => {
    const url = new URL(req.url ?? '', 'http://forge');
    asked.push(`${req.method} ${url.pathname}`);
    assert([`Bearer ${secret}`].includes(req.headers.authorization ?? '') || req.headers['private-token'] === secret);
    if (req.method !== 'GET') bodies.push(((await json(req)) as { body: string }).body);
    const page = Number(url.searchParams.get('page'));
    const found = url.pathname === '/user' ? { id: 7 } : comments.slice((page - 1) * 100, page * 100);
    res.writeHead(refuse ?? 200, { 'content-type': 'application/json' }).end(JSON.stringify(found));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const address = server.address();
  assert(address !== null && typeof address === 'object');
  return { url: `http://127.0.0.1:${address.port}`, asked, bodies };
}

interface Run {
  readonly code: number;
  readonly err: string;
}

async function comment(t: TestContext, text: string, env: Readonly<Record<string, string>>): Promise<Run> {
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, 'comment.md'), text);
  await writeFile(join(folder, 'event.json'), JSON.stringify({ pull_request: { number: 12 } }));
  const own = { GATEHOUSE_REPORTS: folder, GITHUB_EVENT_PATH: join(folder, 'event.json') };
  return new Promise((done) => {
    execFile(process.execPath, [script], { env: { ...own, ...env }, timeout: 180_000 }, (error, _, err) =>
      done({ code: Number(error?.code ?? 0), err }),
    );
  });
}

const github = (url: string) => ({
  GITHUB_ACTIONS: 'true',
  GITHUB_API_URL: url,
  GITHUB_REPOSITORY: 'acme/gateway',
  GITHUB_TOKEN: secret,
});
const issues = '/repos/acme/gateway/issues';
const bot = { user: { type: 'Bot' } };
const body = `${marker}\n### gatehouse check: 0 errors, 0 warnings\n`;

test('the first time it adds a comment', async (t) => {
  const { url, asked, bodies } = await forge(t, [{ id: 1, body: 'hello', ...bot }]);
  assert.deepEqual(await comment(t, body, github(url)), { code: 0, err: '' });
  assert.deepEqual(asked, [`GET ${issues}/12/comments`, `POST ${issues}/12/comments`]);
  assert.deepEqual(bodies, [body]);
});

test('later it changes its own, however many others there are, and never that of a person who wrote the marker', async (t) => {
  const others = Array.from({ length: 150 }, (_, id) => ({ id, body: 'x', ...bot }));
  const person = { id: 900, body: `${marker} mine`, user: { type: 'User' } };
  const { url, asked, bodies } = await forge(t, [person, ...others, { id: 901, body: `${marker}\nold`, ...bot }]);
  assert.deepEqual(await comment(t, body, github(url)), { code: 0, err: '' });
  assert.deepEqual(asked.slice(1), [`GET ${issues}/12/comments`, `PATCH ${issues}/comments/901`]);
  assert.deepEqual(bodies, [body]);
});

test('it leaves a comment alone that says the same', async (t) => {
  const { url, asked } = await forge(t, [{ id: 1, body, ...bot }]);
  await comment(t, body, github(url));
  assert.deepEqual(asked, [`GET ${issues}/12/comments`]);
});

test('a comment has at most 65,535 characters and ends with a whole line', async (t) => {
  const { url, bodies } = await forge(t, []);
  await comment(t, `${marker}\n${'| a row of a table |\n'.repeat(5_000)}`, github(url));
  const [sent = ''] = bodies;
  assert(sent.length <= 65_535 && sent.length > 65_000);
  assert.match(sent, /\| a row of a table \|\n\nThe rest is in the reports of the job\.\n$/);
});

test('without the right to comment, as in a fork, it says so and fails nothing', async (t) => {
  const { url } = await forge(t, [], 403);
  const { code, err } = await comment(t, body, github(url));
  assert.deepEqual([code, err], [0, 'comment.mjs: the token was refused (403)\n']);
});

test('another failure of the forge fails, and no message holds the token', async (t) => {
  const { url } = await forge(t, [], 500);
  const { code, err } = await comment(t, body, github(url));
  assert.deepEqual([code, err], [1, `comment.mjs: GET ${issues}/12/comments was answered with 500\n`]);
  assert.equal(err.includes(secret), false);
});

test('on GitLab it keeps one note of its own', async (t) => {
  const job = (url: string) => ({
    GITLAB_CI: 'true',
    CI_API_V4_URL: url,
    CI_PROJECT_ID: '5',
    CI_MERGE_REQUEST_IID: '3',
    GATEHOUSE_GITLAB_TOKEN: secret,
  });
  const notes = '/projects/5/merge_requests/3/notes';
  const old = { body: `${marker}\nold` };
  const { url, asked, bodies } = await forge(t, [
    { id: 1, ...old, author: { id: 6 } },
    { id: 2, ...old, author: { id: 7 } },
  ]);
  assert.deepEqual(await comment(t, body, job(url)), { code: 0, err: '' });
  assert.deepEqual(asked, ['GET /user', `GET ${notes}`, `PUT ${notes}/2`]);
  assert.deepEqual(bodies, [body]);
  const { code, err } = await comment(t, body, { ...job(url), GATEHOUSE_GITLAB_TOKEN: '' });
  assert.deepEqual([code, err], [0, 'comment.mjs: GATEHOUSE_GITLAB_TOKEN is not set\n']);
});

test('outside a job it says where it belongs', async (t) => {
  const { code, err } = await comment(t, body, {});
  assert.deepEqual([code, err], [1, 'comment.mjs: expected a job of GitHub or GitLab around this\n']);
});
