import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Ajv } from 'ajv';
import { commentCharsMax, stickyMarker } from '../../../src/cli/format/comment.ts';
import { markdownCode, markdownText } from '../../../src/cli/format/markdown.ts';
import type { Outcome, Result } from '../../../src/cli/format/outcome.ts';
import { outcomeFormats } from '../../../src/cli/format/outcome-formats.ts';
import { sarifEssentials } from './sarif-essentials.ts';

const formats = outcomeFormats((outcome: Outcome) => outcome);

function result(more: Partial<Result> = {}): Result {
  return {
    rule: { id: 'GH051', text: 'A group that no file defines.' },
    level: 'error',
    title: 'GH051',
    message: 'expected a group that exists, found stuff\ntry: did you mean staff?',
    place: { file: 'policies/more.yaml', line: 3, col: 11 },
    ...more,
  };
}

function outcome(results: readonly Result[], passed: Outcome['passed'] = []): Outcome {
  return { command: 'check', verdict: `${results.length} errors, 0 warnings`, results, passed };
}

/** What a file under review may try on whoever reads a report of it. */
const hostile =
  '::set-output name=a::b\r\n::stop-commands::x %0A::error::y ##[command]z | <img src=x onerror=y> `a` **b** ' +
  '[c](https://evil.example) ![d](https://evil.example/p.png) @octocat @acme/admins #1 !2 &lt;e&gt; ]]> "f" \u202eg\u0007';
const hostileResult = result({
  rule: { id: 'GH051', text: hostile },
  title: hostile,
  message: `/approve\n${hostile}`,
  place: { file: `policies/a b,c:d%\n::error::e.yaml`, line: 1, col: 1 },
});

describe('github', () => {
  it('is one workflow command a line, whatever the text is', () => {
    const lines = formats.github(outcome([hostileResult])).split('\n');
    assert.equal(lines.length, 2);
    assert.match(lines[0] ?? '', /^::error file=[^:,]+,line=1,col=1,title=[^:,]+::/);
    assert.equal(/\p{Cc}|\p{Cf}/u.test(lines[0] ?? ''), false);
    assert.match(lines[0] ?? '', /::\/approve%0A::set-output.* %250A::error::y/);
  });

  it('tells the first nine of each level and how many more there are', () => {
    const all = [...Array(12).fill(result()), ...Array(9).fill(result({ level: 'warning' }))];
    const lines = formats.github(outcome(all)).trimEnd().split('\n');
    assert.equal(lines.filter((line) => line.startsWith('::error ')).length, 10);
    assert.equal(lines[9], '::error title=gatehouse check::+3 more');
    assert.equal(lines.filter((line) => line.startsWith('::warning ')).length, 9);
    assert.match(formats.github(outcome([result({ level: 'note' })])), /^::notice file=/);
  });
});

describe('sarif', () => {
  const essentials = new Ajv({ strict: false }).compile(sarifEssentials);

  function parsed(text: string) {
    const log = JSON.parse(text);
    assert.equal(essentials(log), true, JSON.stringify(essentials.errors));
    return log;
  }

  it('is a SARIF 2.1.0 log with a rule for each kind of result and places relative to the source root', () => {
    const log = parsed(formats.sarif(outcome([result(), hostileResult, result({ level: 'warning' })])));
    const [{ tool, results }] = log.runs;
    assert.deepEqual(
      tool.driver.rules.map(({ id }: { id: string }) => id),
      ['GH051'],
    );
    const [first, odd] = results;
    assert.equal(first.message.text, 'expected a group that exists, found stuff\ntry: did you mean staff?');
    assert.deepEqual(first.locations[0].physicalLocation.region, { startLine: 3, startColumn: 11 });
    const { uri } = odd.locations[0].physicalLocation.artifactLocation;
    assert.equal(uri, 'policies/a%20b%2Cc%3Ad%25%0A%3A%3Aerror%3A%3Ae.yaml');
    assert.equal(/\]\(|(?!\n)\p{Cc}|\p{Cf}/u.test(odd.message.text), false);
  });

  it('without results is a log of no results, which closes what was open', () => {
    const log = parsed(formats.sarif(outcome([])));
    assert.deepEqual(log.runs[0].results, []);
  });

  it('gives a result the same fingerprint on another line, and twins different ones', () => {
    const moved = result({ place: { file: 'policies/more.yaml', line: 30, col: 1 } });
    const of = (results: readonly Result[]): string[] =>
      JSON.parse(formats.sarif(outcome(results))).runs[0].results.map(
        ({ partialFingerprints }: { partialFingerprints: Record<string, string> }) =>
          partialFingerprints['gatehouse/v1'],
      );
    assert.deepEqual(of([result()]), of([moved]));
    assert.equal(new Set(of([result(), moved, result({ message: 'another' })])).size, 3);
  });
});

describe('junit', () => {
  it('has a case for what passed and each error, and warnings in its output', () => {
    const passed = [{ title: 'fine', place: { file: 'a.yaml', line: 2, col: 1 } }];
    const text = formats.junit(outcome([result(), result({ level: 'warning', message: 'mild' })], passed));
    assert.equal(
      text,
      `<?xml version="1.0" encoding="UTF-8"?>
<testsuite name="gatehouse check" tests="2" failures="1">
  <testcase name="fine" classname="a.yaml" file="a.yaml" line="2"/>
  <testcase name="GH051" classname="policies/more.yaml" file="policies/more.yaml" line="3">
    <failure message="expected a group that exists, found stuff">expected a group that exists, found stuff
try: did you mean staff?</failure>
  </testcase>
  <system-out>policies/more.yaml:3 GH051: mild</system-out>
</testsuite>
`,
    );
  });

  it('is XML whatever the text is', () => {
    const text = formats.junit(outcome([hostileResult, { ...hostileResult, level: 'warning' }]));
    const tags = [...text.matchAll(/<(\/?)([a-z?-]+)(?: [a-z]+="[^"<>]*")*(\/?|\?)>/g)].map(([tag]) => tag);
    assert.equal(text.replace(/<[^<>]*>/g, '').includes('<'), false);
    assert.deepEqual(tags.length, text.split('<').length - 1);
    assert.equal(/&(?!(?:lt|gt|amp|quot);)|(?!\n)\p{Cc}|\p{Cf}/u.test(text), false);
  });
});

describe('markdown', () => {
  it('begins with the marker, then verdict and counts, then what was found', () => {
    assert.equal(
      formats.markdown(outcome([result()])),
      `${stickyMarker}
### gatehouse check: 1 errors, 0 warnings

|  | Where | What |
| --- | --- | --- |
| error | <code>policies/more.yaml&#58;3</code> | <code>GH051</code><br>expected a group that exists, found stuff<br>try: did you mean staff? |
`,
    );
    assert.equal(formats.markdown(outcome([])), `${stickyMarker}\n### gatehouse check: 0 errors, 0 warnings\n`);
  });

  it('stays within its bound and says how many rows are left out', () => {
    const text = formats.markdown(outcome(Array(5_000).fill(hostileResult)));
    assert(text.length <= commentCharsMax);
    assert(commentCharsMax * 4 < 65_535);
    assert.match(text, /\n\n\+\d+ more\n$/);
    assert.equal(Number(/\+(\d+) more/.exec(text)?.[1]) + (text.match(/^\| error/gm) ?? []).length, 5_000);
  });

  it('takes every meaning from hostile text: markup, tables, links, mentions, quick actions', () => {
    const text = formats.markdown(outcome([hostileResult]));
    const row = text.split('\n')[5] ?? '';
    assert.equal(text.split('\n').length, 7);
    assert.equal(row.match(/\|/g)?.length, 4);
    const own = row.replaceAll(/<\/?code>|<br>|\*\*/g, '');
    assert.equal(/[<>`*_[\]\\]|:\/\/|@[a-z]|(?<!&)#\d|\n\//.test(own), false, own);
  });

  for (const [text, expected] of [
    ['/approve', '&#47;approve'],
    ['@octocat', '@&#8203;octocat'],
    ['see #12', 'see #&#8203;12'],
    ['1. one', '&#49;. one'],
    ['- item', '&#45;&#32;item'],
    ['www.evil.example', 'www&#46;evil.example'],
    ['$x$ ~y~', '&#36;x&#36; &#126;y&#126;'],
  ] as const) {
    it(`writes ${text} so that it is only text`, () => assert.equal(markdownText(text), expected));
  }

  it('writes code in which nothing is looked for', () => {
    assert.equal(markdownCode('a|`b`@c\n'), '<code>a&#124;&#96;b&#96;&#64;c&#92;n</code>');
  });
});
