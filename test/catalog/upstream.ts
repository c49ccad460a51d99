import { scanJson } from '../../src/protocol/scan.ts';
import type { UpstreamAnswer, UpstreamConnection, UpstreamRequest } from '../../src/upstream/connection.ts';
import { failed } from '../../src/upstream/pending.ts';

/** The face of an upstream whose answers the test gives, when it likes. */
export interface FakeUpstream extends UpstreamConnection {
  /** Questions so far; each is answered once. */
  readonly asked: readonly Question[];
}

export interface Question extends UpstreamRequest {
  /** A `tools/list` result; raw members after the tools. */
  tools(definitions: readonly string[], more?: string): void;
  answer(answer: UpstreamAnswer): void;
}

/** `at once`: every question is answered with these tools. */
export function fakeUpstream(atOnce?: readonly string[]): FakeUpstream {
  const asked: Question[] = [];
  return {
    asked,
    era: () => 'modern',
    close: () => Promise.resolve(),
    request: (request) =>
      new Promise((resolve) => {
        request.signal.addEventListener('abort', () => resolve(failed('cancelled', 'aborted')));
        const question: Question = {
          ...request,
          answer: resolve,
          tools: (definitions, more = '') => resolve(resultOf(`{ "tools" : [ ${definitions} ]${more} }`)),
        };
        asked.push(question);
        if (atOnce !== undefined) question.tools(atOnce);
      }),
  };
}

export function resultOf(text: string): UpstreamAnswer {
  const bytes = Buffer.from(`ignored${text}`);
  const scan = scanJson(Buffer.from(text), { depthMax: 64, membersDepth: 2, uniqueKeys: false });
  if (!scan.ok) throw new Error(scan.message);
  const members = scan.root.members?.map(({ key, start, value }) => ({
    key,
    start: start + 7,
    value: { ...value, start: value.start + 7, end: value.end + 7 },
  }));
  const value = { ...scan.root, start: 7, end: bytes.length, members: members ?? null };
  return { kind: 'result', bytes, value, era: 'modern' };
}
