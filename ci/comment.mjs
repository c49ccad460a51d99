// Puts what ci/pull-request.sh left on the pull or merge request as one comment, and changes that one the next time.
// Runs in a job of GitHub (GITHUB_TOKEN) or GitLab (GATEHOUSE_GITLAB_TOKEN); reads GATEHOUSE_REPORTS/comment.md.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

const marker = '<!-- gatehouse-check -->';
/** What GitHub's comments hold; GitLab's hold more. */
const charsMax = 65_535;
const pageSize = 100;
const pagesMax = 50;
const requestMsMax = 20_000;

const { env } = process;

/** Not allowed to comment, as in a pull request from a fork: nothing is wrong, and the job's summary says the same. */
class NotAllowed extends Error {}

async function github() {
  if (env.GITHUB_ACTIONS !== 'true') throw new Error('expected a job of GitHub or GitLab around this');
  const event = JSON.parse(await readFile(env.GITHUB_EVENT_PATH, 'utf8'));
  const number = event.pull_request?.number;
  if (number === undefined) throw new NotAllowed('this job belongs to no pull request');
  const issues = `${env.GITHUB_API_URL}/repos/${env.GITHUB_REPOSITORY}/issues`;
  return {
    headers: { authorization: `Bearer ${env.GITHUB_TOKEN}`, accept: 'application/vnd.github+json' },
    comments: `${issues}/${number}/comments`,
    comment: (id) => `${issues}/comments/${id}`,
    method: 'PATCH',
    // The token may change everybody's comments, and anybody may write the marker.
    isOwn: ({ user }) => user?.type === 'Bot',
  };
}

async function gitlab() {
  const token = env.GATEHOUSE_GITLAB_TOKEN;
  if (!token) throw new NotAllowed('GATEHOUSE_GITLAB_TOKEN is not set');
  const headers = { 'private-token': token };
  const notes = `${env.CI_API_V4_URL}/projects/${env.CI_PROJECT_ID}/merge_requests/${env.CI_MERGE_REQUEST_IID}/notes`;
  const self = await ask(`${env.CI_API_V4_URL}/user`, { headers });
  return {
    headers,
    comments: notes,
    comment: (id) => `${notes}/${id}`,
    method: 'PUT',
    isOwn: ({ author }) => author?.id === self.id,
  };
}

async function ask(url, { headers, method = 'GET', body }) {
  const response = await fetch(url, {
    method,
    headers: { ...headers, 'content-type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify({ body }),
    redirect: 'error',
    signal: AbortSignal.timeout(requestMsMax),
  });
  if (response.status === 401 || response.status === 403)
    throw new NotAllowed(`the token was refused (${response.status})`);
  if (!response.ok) throw new Error(`${method} ${new URL(url).pathname} was answered with ${response.status}`);
  return response.json();
}

async function findOwn({ headers, comments, isOwn }) {
  for (let page = 1; page <= pagesMax; page += 1) {
    const found = await ask(`${comments}?per_page=${pageSize}&page=${page}`, { headers });
    const own = found.find((comment) => isOwn(comment) && comment.body?.startsWith(marker));
    if (own !== undefined) return own;
    if (found.length < pageSize) return null;
  }
  return null;
}

/** Whole lines only, so that no table row or tag is cut in two. */
function bounded(text) {
  if (text.length <= charsMax) return text;
  const end = '\n\nThe rest is in the reports of the job.\n';
  return text.slice(0, text.lastIndexOf('\n', charsMax - end.length)) + end;
}

async function comment() {
  const body = bounded(await readFile(join(env.GATEHOUSE_REPORTS || 'gatehouse-reports', 'comment.md'), 'utf8'));
  const forge = await (env.GITLAB_CI === 'true' ? gitlab() : github());
  const own = await findOwn(forge);
  const { headers, method } = forge;
  if (own === null) await ask(forge.comments, { headers, method: 'POST', body });
  else if (own.body !== body) await ask(forge.comment(own.id), { headers, method, body });
}

await comment().catch((error) => {
  process.stderr.write(`comment.mjs: ${error.message}\n`);
  if (!(error instanceof NotAllowed)) process.exitCode = 1;
});
