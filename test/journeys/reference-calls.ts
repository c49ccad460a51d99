/** One call of the sequence that is made twice: at a fresh server, and at another one behind the gateway. */
export interface ReferenceCall {
  readonly tool: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  /** What may differ between two runs of the very same call, and why. */
  readonly differs?: { readonly why: string; readonly mask: (raw: string) => string };
}

export type ReferenceServer = 'everything' | 'everything-http' | 'files' | 'memory';

const clock = / created at \d{1,2}:\d{2}:\d{2}[^\d"\\]{0,4}/g;

function maskClockInBlob(raw: string): string {
  return raw.replace(/"blob":"([\w+/=]+)"/, (_, blob: string) => {
    return `"blob of":"${Buffer.from(blob, 'base64').toString().replace(clock, ' created at <time>')}"`;
  });
}

const timeOfDay = { why: 'says when it was made', mask: (raw: string) => raw.replace(clock, ' created at <time>') };
const timeInBlob = { why: 'says when it was made, in base64', mask: maskClockInBlob };
const session = {
  why: 'over HTTP names the session, which is random',
  mask: (raw: string) => raw.replace(/ session [\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}\b/, ' session <id>'),
};
const port = {
  why: 'prints the environment, in which each HTTP copy has a port of its own',
  mask: (raw: string) => raw.replace(/\\"PORT\\": \\"\d+\\"/, '\\"PORT\\": \\"<port>\\"'),
};
const fileTimes = {
  why: 'says when this copy of the file was made and used',
  mask: (raw: string) => raw.replace(/(?<=\\n)(created|modified|accessed): [^\\]+/g, '$1: <time>'),
};

/** `DIR` in arguments is the folder the copy serves; the folder's name is masked in every answer of the file server. */
const everything: readonly ReferenceCall[] = [
  { tool: 'echo', arguments: { message: 'Grüße, 世界 \u{1f30d} "quoted" \\ \n\t\u0001' } },
  { tool: 'echo', arguments: {} },
  { tool: 'get-annotated-message', arguments: { messageType: 'error', includeImage: true } },
  { tool: 'get-annotated-message', arguments: { messageType: 'debug' } },
  { tool: 'get-env', arguments: {}, differs: port },
  { tool: 'get-resource-links', arguments: { count: 4 } },
  { tool: 'get-resource-reference', arguments: { resourceType: 'Text', resourceId: 3 }, differs: timeOfDay },
  { tool: 'get-resource-reference', arguments: { resourceType: 'Blob', resourceId: 4 }, differs: timeInBlob },
  { tool: 'get-structured-content', arguments: { location: 'Chicago' } },
  { tool: 'get-sum', arguments: { a: 0.1, b: 0.2 } },
  { tool: 'get-sum', arguments: { a: 'one' } },
  { tool: 'get-tiny-image', arguments: {} },
  { tool: 'gzip-file-as-resource', arguments: { name: 'a.gz', data: 'data:text/plain,abc', outputType: 'resource' } },
  { tool: 'gzip-file-as-resource', arguments: { name: 'b.gz', data: 'data:text/plain,abcd' } },
  { tool: 'toggle-simulated-logging', arguments: {}, differs: session },
  { tool: 'toggle-simulated-logging', arguments: {}, differs: session },
  { tool: 'toggle-subscriber-updates', arguments: {}, differs: session },
  { tool: 'toggle-subscriber-updates', arguments: {}, differs: session },
  { tool: 'trigger-long-running-operation', arguments: { duration: 0.2, steps: 2 } },
];

const files: readonly ReferenceCall[] = [
  { tool: 'list_allowed_directories', arguments: {} },
  { tool: 'create_directory', arguments: { path: 'DIR/notes/old' } },
  { tool: 'write_file', arguments: { path: 'DIR/notes/a.txt', content: 'one\ntwo\nthree\n' } },
  { tool: 'write_file', arguments: { path: 'DIR/notes/ü.txt', content: 'Grüße\u2028 \u{1f30d}\u0000end' } },
  { tool: 'edit_file', arguments: { path: 'DIR/notes/a.txt', edits: [{ oldText: 'two', newText: '2' }] } },
  { tool: 'read_file', arguments: { path: 'DIR/notes/ü.txt' } },
  { tool: 'read_text_file', arguments: { path: 'DIR/notes/a.txt', tail: 2 } },
  { tool: 'read_text_file', arguments: { path: 'DIR/notes/missing.txt' } },
  { tool: 'read_text_file', arguments: { path: '/etc/hostname' } },
  { tool: 'read_media_file', arguments: { path: 'DIR/dot.png' } },
  { tool: 'read_multiple_files', arguments: { paths: ['DIR/notes/a.txt', 'DIR/notes/ü.txt', 'DIR/missing'] } },
  { tool: 'move_file', arguments: { source: 'DIR/notes/a.txt', destination: 'DIR/notes/old/b.txt' } },
  { tool: 'list_directory', arguments: { path: 'DIR/notes' } },
  { tool: 'list_directory_with_sizes', arguments: { path: 'DIR', sortBy: 'size' } },
  { tool: 'directory_tree', arguments: { path: 'DIR' } },
  { tool: 'search_files', arguments: { path: 'DIR', pattern: '**/*.txt' } },
  { tool: 'get_file_info', arguments: { path: 'DIR/dot.png' }, differs: fileTimes },
];

const ada = { name: 'Ada', entityType: 'person', observations: ['wrote "Note G"', 'born 1815'] };
const engine = { name: 'Analytical Engine', entityType: 'machine', observations: [] };
const wroteFor = { from: 'Ada', to: 'Analytical Engine', relationType: 'wrote for' };

const memory: readonly ReferenceCall[] = [
  { tool: 'create_entities', arguments: { entities: [ada, engine] } },
  { tool: 'create_relations', arguments: { relations: [wroteFor] } },
  { tool: 'add_observations', arguments: { observations: [{ entityName: 'Ada', contents: ['Gräfin'] }] } },
  { tool: 'add_observations', arguments: { observations: [{ entityName: 'Nobody', contents: ['?'] }] } },
  { tool: 'search_nodes', arguments: { query: 'note g' } },
  { tool: 'open_nodes', arguments: { names: ['Ada'] } },
  { tool: 'delete_observations', arguments: { deletions: [{ entityName: 'Ada', observations: ['born 1815'] }] } },
  { tool: 'delete_relations', arguments: { relations: [wroteFor] } },
  { tool: 'read_graph', arguments: {} },
  { tool: 'delete_entities', arguments: { entityNames: ['Analytical Engine'] } },
  { tool: 'read_graph', arguments: {} },
];

export const referenceCalls: Readonly<Record<ReferenceServer, readonly ReferenceCall[]>> = {
  everything,
  'everything-http': everything,
  files,
  memory,
};

/** Tools that are listed but need more of a client than calling tools. */
export const needsMore: ReadonlyMap<string, string> = new Map([
  ['simulate-research-query', 'runs as a task only, so clients without tasks refuse to call it'],
]);
