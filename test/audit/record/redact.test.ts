import assert from 'node:assert/strict';
import { test } from 'node:test';
import { boundedJson } from '../../../src/audit/record/bounded-json.ts';
import { maskSecrets, namesSecret } from '../../../src/audit/record/redact.ts';
import { cpuMs } from '../../fixtures/cpu.ts';

function redacted(value: unknown): unknown {
  return JSON.parse(boundedJson(value, { bytesMax: 8192, masking: { mask: [], detectors: true } }).text);
}

test('values under names of secrets are masked, whatever the case and separators', () => {
  const names =
    'password Passwd PASSPHRASE client_secret token access_token accessToken apiKey X-Api-Key api.key Authorization cookie Set-Cookie private_key credentials session_id jwt otp';
  for (const name of names.split(' '))
    assert.deepEqual(redacted({ [name]: 'hunter2' }), { [name]: '[redacted]' }, name);
  assert.deepEqual(redacted({ secret: { deep: ['a'] }, pin: { password: 1234 } }), {
    secret: '[redacted]',
    pin: { password: '[redacted]' },
  });
});

test('ordinary names are left alone', () => {
  const plain = {
    max_tokens: 4096,
    author: 'ana',
    keyboard: 'qwerty',
    key: 'PROJ-1',
    has_password: true,
    token: null,
    compass: 'n',
    primary_key: 'id',
  };
  assert.deepEqual(redacted(plain), plain);
});

test('credentials are masked wherever they stand in a text', () => {
  const secrets = [
    'Bearer abcdefgh12345678',
    `ghp_${'a1'.repeat(18)}`,
    `github_pat_${'a1'.repeat(20)}`,
    `sk-ant-api03-${'a1'.repeat(20)}`,
    'AKIAIOSFODNN7EXAMPLE',
    'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl',
    `gate_ab12cd34_${'x'.repeat(43)}`,
    `xoxb-${'1234567890'}-abc`,
    `glpat-${'a'.repeat(20)}`,
    '-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----',
  ];
  for (const secret of secrets) {
    assert.equal(maskSecrets(`before ${secret} after`), 'before [redacted] after', secret.slice(0, 12));
  }
  assert.equal(maskSecrets('postgres://app:hunter2@db/x'), 'postgres://app:[redacted]@db/x');
  assert.equal(
    maskSecrets('PASSWORD x; export password=hunter22 && go'),
    'PASSWORD x; export password=[redacted] && go',
  );
});

test('a private key that is cut off is masked to its end', () => {
  assert.equal(maskSecrets('x -----BEGIN PRIVATE KEY-----\nMIIE'), 'x [redacted]');
});

test('a secret that crosses the place where a text is cut is masked', () => {
  const text = `${'x '.repeat(1010)}Bearer ${'s3cr3t'.repeat(50)}`;
  assert.doesNotMatch(JSON.stringify(redacted({ text })), /s3cr3t/);
});

test('ordinary text is left alone', () => {
  for (const text of [
    'the token ring network',
    'bearer of bad news',
    'basic idea',
    'https://example.com:8080/a@b',
    'ask-me-anything-about-this-topic',
  ]) {
    assert.equal(maskSecrets(text), text);
  }
});

test('masking takes time in proportion to the text', () => {
  for (const piece of ['eyJ', 'a:', '://a:', 'password="', 'sk-', '-----BEGIN PRIVATE KEY-----', 'Bearer ', 'gate_']) {
    const started = cpuMs();
    maskSecrets(piece.repeat(4096 / piece.length));
    assert(cpuMs() - started < 200, piece);
  }
});

test('a count of tokens is no secret', () => {
  assert.equal(namesSecret('maxTokens', 5), false);
  assert.equal(namesSecret('tokens', 'abc'), true);
});

test('text made of beginnings of tokens takes no longer than other text', () => {
  const texts = Array.from({ length: 250 }, () => 'eyJ-'.repeat(1024));
  const begun = cpuMs();
  redacted({ texts });
  const took = cpuMs() - begun;
  assert(took < 500, `took ${took} ms`);
});
