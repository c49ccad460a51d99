import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isLoopback, parseAddress, showAddress } from '../../src/config/address.ts';

describe('addresses', () => {
  it('read and show the same', () => {
    for (const text of ['127.0.0.1:8080', '[::1]:80', 'localhost:0', 'gw.acme.co:443']) {
      const address = parseAddress(text);
      assert.equal(address && showAddress(address), text);
    }
  });

  it('need a host and a possible port', () => {
    for (const text of ['8080', ':8080', '127.0.0.1', '127.0.0.1:65536', '::1:80', 'a b:80', '']) {
      assert.equal(parseAddress(text), null, text);
    }
  });

  it('are loopback only when no other machine can reach them', () => {
    for (const host of ['127.0.0.1', '127.8.8.8', '::1', 'localhost']) assert.equal(isLoopback({ host }), true, host);
    for (const host of ['0.0.0.0', '::', '10.0.0.1', '127.evil.example', 'gw.acme.co']) {
      assert.equal(isLoopback({ host }), false, host);
    }
  });
});
