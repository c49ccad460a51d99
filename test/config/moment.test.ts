import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseDuration, parseMoment } from '../../src/config/moment.ts';

describe('parseMoment', () => {
  it('takes a bare date for its beginning or its end, UTC', () => {
    assert.equal(parseMoment('2027-01-31', 'starts'), Date.UTC(2027, 0, 31));
    assert.equal(parseMoment('2027-01-31', 'expires'), Date.UTC(2027, 1, 1));
  });

  it('takes a time as it is', () => {
    assert.equal(parseMoment('2027-01-31T18:00Z', 'expires'), Date.UTC(2027, 0, 31, 18));
    assert.equal(parseMoment('2027-01-31T18:00:30Z', 'starts'), Date.UTC(2027, 0, 31, 18, 0, 30));
  });

  it('knows leap years and refuses what no calendar has', () => {
    assert.equal(parseMoment('2028-02-29', 'starts'), Date.UTC(2028, 1, 29));
    for (const text of ['2027-02-29', '2027-13-01', '2027-00-10', '2027-01-01T24:00Z', '2027-01-01T10:60Z']) {
      assert.equal(parseMoment(text, 'expires'), null, text);
    }
  });
});

describe('parseDuration', () => {
  it('counts milliseconds', () => {
    assert.deepEqual(['500ms', '30s', '2m'].map(parseDuration), [500, 30_000, 120_000]);
  });
});
