/**
 * The baseline: a proxy that looks at nothing, `node:http` on both sides with a keep-alive agent. Run as a child of
 * the benchmark with the upstream's port as its argument.
 */
import { Agent, createServer, request } from 'node:http';
import { serveAsChild } from './child.ts';

const port = Number(process.argv[2]);
const agent = new Agent({ keepAlive: true });

serveAsChild(
  createServer({ keepAliveTimeout: 600_000 }, (incoming, response) => {
    const { method, url, headers } = incoming;
    const outgoing = request({ agent, host: '127.0.0.1', port, method, path: url, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    outgoing.on('error', () => response.destroy());
    incoming.pipe(outgoing);
  }),
);
