import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Definition, readDefinition } from '../../src/catalog/definition.ts';
import type { DiscoveredTool } from '../../src/catalog/tool.ts';
import { serverOf, stdio } from '../upstream/connect.ts';

const server = serverOf(stdio('true'), { name: 'one' });

function read(text: string): Definition {
  return readDefinition(Buffer.from(text), server, () => 'read');
}

function sound(text: string): DiscoveredTool {
  const definition = read(text);
  return definition.ok ? definition.tool : assert.fail(definition.reason);
}

/** The definition as clients of both eras see it, under the name `one_look`. */
function defined(text: string): { legacy: string; modern: string } {
  const { legacy, modern } = sound(text).define('one_look');
  return { legacy: legacy.toString(), modern: modern.toString() };
}

const exact = '{ "maximum":12345678901234567890,"default":1e400, "title":"\\u0061","__proto__":{"x":1.0} }';

test('a definition passes byte for byte but for its name', () => {
  const text = (name: string): string =>
    `{"future":[1e400],"name":"${name}","inputSchema":{"type":"object","properties":{"n":${exact}}},"_meta":${exact},"constructor":1}`;
  assert.deepEqual(defined(text('look')), { legacy: text('one_look'), modern: text('one_look') });
});

test('only the name at the top is the name', () => {
  const inner = '"inputSchema":{"type":"object","properties":{"name":{"const":"look"}}}';
  assert.equal(defined(`{${inner},"name":"look"}`).modern, `{${inner},"name":"one_look"}`);
  assert.equal(sound('{"n\\u0061me":"l\\u006fok","inputSchema":{"type":"object"}}').name, 'look');
});

test('in-core tasks are of the legacy era only', () => {
  const { legacy, modern } = defined(
    '{"name":"look","execution":{"taskSupport":"optional"},"inputSchema":{"type":"object"}}',
  );
  assert.match(legacy, /"execution":\{"taskSupport":"optional"\}/);
  assert.doesNotMatch(modern, /execution/);
});

test('an output that need not be an object is wrapped for legacy clients, who know objects only', () => {
  for (const schema of ['{"type":"array"}', '{"type":["object","null"]}', '{}', `{"anyOf":[${exact}]}`]) {
    const text = (output: string): string =>
      `{"name":"one_look","inputSchema":{"type":"object"},"outputSchema":${output}}`;
    const { legacy, modern } = defined(text(schema).replace('one_look', 'look'));
    assert.equal(modern, text(schema));
    assert.equal(legacy, text(`{"type":"object","properties":{"result":${schema}},"required":["result"]}`));
    assert.equal(sound(text(schema)).wrapsOutput, true);
  }
});

test('an object output is left alone', () => {
  const text = '{"name":"one_look","inputSchema":{"type":"object"},"outputSchema":{ "type":"object" }}';
  assert.equal(defined(text).legacy, text);
  assert.equal(sound(text).wrapsOutput, false);
});

test('an output schema with references cannot be moved, so legacy clients do without it', () => {
  const text = '{"name":"look","inputSchema":{"type":"object"},"outputSchema":{"$ref":"#/$defs/a","$defs":{"a":{}}}}';
  assert.doesNotMatch(defined(text).legacy, /outputSchema/);
  assert.match(defined(text).modern, /"outputSchema":\{"\$ref"/);
});

test('the hash is of the upstream’s bytes, so any change shows', () => {
  const [one, same, other] = ['"a"', '"a"', '"\\u0061"'].map(
    (description) => sound(`{"name":"x","description":${description},"inputSchema":{"type":"object"}}`).hash,
  );
  assert.match(one ?? '', /^[\da-f]{16}$/);
  assert.equal(one, same);
  assert.notEqual(one, other);
});

const refused: readonly (readonly [string, RegExp])[] = [
  ['[]', /must be an object/],
  ['{"inputSchema":{"type":"object"}}', /needs a name/],
  ['{"name":"","inputSchema":{"type":"object"}}', /needs a name/],
  [`{"name":"${'n'.repeat(129)}","inputSchema":{"type":"object"}}`, /needs a name/],
  ['{"name":7,"inputSchema":{"type":"object"}}', /needs a name/],
  ['{"name":"x"}', /inputSchema/],
  ['{"name":"x","inputSchema":true}', /inputSchema/],
  ['{"name":"x","inputSchema":{}}', /inputSchema/],
  ['{"name":"x","inputSchema":{"type":"string"}}', /inputSchema/],
  ['{"name":"x","inputSchema":{"type":"object"},"outputSchema":[]}', /outputSchema/],
  ['{"name":"x","inputSchema":{"type":"object"},"description":null}', /description/],
  ['{"name":"x","inputSchema":{"type":"object"},"title":1}', /title/],
  ['{"name":"x","inputSchema":{"type":"object"},"annotations":[]}', /annotations/],
  ['{"name":"x","inputSchema":{"type":"object"},"annotations":{"readOnlyHint":"yes"}}', /readOnlyHint/],
  ['{"name":"x","inputSchema":{"type":"object"},"icons":{}}', /icons/],
  ['{"name":"x","inputSchema":{"type":"object"},"_meta":1}', /_meta/],
  ['{"name":"x","name":"y","inputSchema":{"type":"object"}}', /twice/],
  [
    '{"name":"x","inputSchema":{"type":"object","properties":{"a":{"type":"number","x-mcp-header":"A"}}}}',
    /x-mcp-header/,
  ],
];

for (const [text, reason] of refused) {
  test(`a definition that would break a strict client’s whole list is refused: ${text.slice(0, 90)}`, () => {
    const definition = read(text);
    assert.match(definition.ok ? 'accepted' : definition.reason, reason);
  });
}
