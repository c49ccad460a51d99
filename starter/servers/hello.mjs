// A whole MCP server in one file, to try the gateway with: JSON-RPC messages, one a line, on standard input and output.
// Replace it with servers of your own; the registry in gateway.config.yaml names them.
import { createInterface } from 'node:readline';

const notes = [];
const text = { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] };
const nothing = { type: 'object' };

// What a tool promises in its annotations decides which verb of a rule reaches it.
const tools = {
  greet: {
    description: 'Says hello to somebody.',
    inputSchema: { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] },
    annotations: { readOnlyHint: true },
    call: ({ name }) => `Hello, ${name}!`,
  },
  read_notes: {
    description: 'Shows all notes.',
    inputSchema: nothing,
    annotations: { readOnlyHint: true },
    call: () => notes.join('\n') || 'There are no notes.',
  },
  add_note: {
    description: 'Adds a note, which lasts as long as the server runs.',
    inputSchema: text,
    annotations: { readOnlyHint: false, destructiveHint: false },
    call: (note) => `Note ${notes.push(note.text)} is kept.`,
  },
  clear_notes: {
    description: 'Forgets all notes.',
    inputSchema: nothing,
    annotations: { readOnlyHint: false, destructiveHint: true },
    call: () => `${notes.splice(0).length} notes are gone.`,
  },
};

const methods = {
  initialize: ({ protocolVersion }) => ({
    protocolVersion,
    capabilities: { tools: {} },
    serverInfo: { name: 'hello', version: '1.0.0' },
  }),
  ping: () => ({}),
  'tools/list': () => ({ tools: Object.entries(tools).map(([name, { call, ...tool }]) => ({ name, ...tool })) }),
  'tools/call': ({ name, arguments: args = {} }) => {
    if (!Object.hasOwn(tools, name)) throw new Error(`there is no tool ${name}`);
    return { content: [{ type: 'text', text: String(tools[name].call(args)) }] };
  },
};

function answer({ method, params = {} }) {
  if (!Object.hasOwn(methods, method)) return { error: { code: -32601, message: `there is no method ${method}` } };
  try {
    return { result: methods[method](params) };
  } catch (error) {
    return { error: { code: -32602, message: error.message } };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const message = JSON.parse(line);
  // A message without an id is a notification, which nobody answers.
  if (message.id === undefined) continue;
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', id: message.id, ...answer(message) })}\n`);
}
