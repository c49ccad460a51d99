import { Agent, request } from 'undici';

/** Fetches one JSON document from an identity provider; anything but a 200 with JSON in it throws. */
export type FetchJson = (url: string, signal: AbortSignal) => Promise<unknown>;

const bytesMax = 256 * 1024;

/** Follows no redirects and gives up beyond 256 KiB. */
export function createFetchJson(): { readonly fetchJson: FetchJson; close(): Promise<void> } {
  const agent = new Agent({ maxResponseSize: bytesMax, connections: 2, pipelining: 1 });
  return {
    fetchJson: async (url, signal) => {
      const headers = { accept: 'application/json', 'accept-encoding': 'identity' };
      const { statusCode, body } = await request(url, { dispatcher: agent, headers, signal });
      if (statusCode === 200) return body.json();
      await body.dump();
      throw new Error(`${url} answered ${statusCode}`);
    },
    close: () => agent.destroy(),
  };
}
