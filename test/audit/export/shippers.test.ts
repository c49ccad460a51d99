import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';

const FOLDER = 'deploy/shippers';
const OFFSETS: Readonly<Record<string, RegExp>> = {
  'otel-collector.yaml': /storage: file_storage/,
  'vector.yaml': /data_dir: /,
  'fluent-bit.yaml': /^ +db: /m,
  'rsyslog.conf': /persistStateInterval=/,
  'syslog-ng.conf': /flow-control/,
};

test('each shipper reads the files from their beginning, keeps its offsets and tells a line that comes twice', () => {
  assert.deepEqual(readdirSync(FOLDER).sort(), Object.keys(OFFSETS).sort());
  for (const [name, offsets] of Object.entries(OFFSETS)) {
    const text = readFileSync(join(FOLDER, name), 'utf8');
    assert.match(text, /\/var\/lib\/gatehouse\/audit\/dt=\*\/\*\.jsonl/, name);
    assert.match(text, offsets, name);
    assert.match(text, /writer and seq together tell it|dedupe_key tells it/, name);
    if (name.endsWith('.yaml')) assert.equal(typeof parse(text), 'object', name);
  }
});
