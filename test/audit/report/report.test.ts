import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { BUILT_IN, loadReports } from '../../../src/audit/report/library.ts';
import { ReportMisused, valuesFor } from '../../../src/audit/report/question.ts';
import { parseReport, ReportRefused } from '../../../src/audit/report/report.ts';
import { readTable } from '../../../src/audit/report/table.ts';
import { folder } from '../log.ts';

const header = (...lines: readonly string[]): string =>
  ['-- title: T', '-- read: R', '--   and more', ...lines, '-- views: calls, audit', '', 'SELECT $n, $name'].join('\n');
const whole = header(
  '-- param n integer = 3: How many',
  '-- param name text: Whose',
  '-- control ISO 27001:2022: A.5.15, A.5.18',
  '-- chart days columns: By day: all of them',
  '-- file leavers (actor text, ended date): Who left',
);

test('a header says what the report is, takes and shows', () => {
  const { version, sql, ...report } = parseReport('x', whole, 'x.sql');
  assert.equal(sql, whole);
  assert.match(version, /^[0-9a-f]{16}$/);
  assert.deepEqual(report, {
    ...{ name: 'x', title: 'T', reading: 'R and more', views: ['calls', 'audit'] },
    parameters: [
      { name: 'n', type: 'integer', default: '3', meaning: 'How many' },
      { name: 'name', type: 'text', default: null, meaning: 'Whose' },
    ],
    controls: [{ framework: 'ISO 27001:2022', sections: 'A.5.15, A.5.18' }],
    charts: [{ name: 'days', kind: 'columns', title: 'By day: all of them' }],
    table: {
      name: 'leavers',
      required: true,
      columns: [
        { name: 'actor', type: 'text' },
        { name: 'ended', type: 'date' },
      ],
      meaning: 'Who left',
    },
  });
});

const faults: Readonly<Record<string, readonly [string, RegExp]>> = {
  'an unknown line': [header('-- titel: x'), /^x\.sql:4: expected title, read, .*, chart, found "titel: x"$/],
  'half a parameter': [header('-- param n integer'), /^x\.sql:4: expected param NAME TYPE = DEFAULT: MEANING, found/],
  'an unknown type': [header('-- param n int = 3: x'), /^x\.sql:4: expected one of text, integer, .*found int$/],
  'a default of another type': [header('-- param n integer = x: x'), /^x\.sql:4: the default of n is no integer: x$/],
  'a parameter twice': [header('-- param n text: x', '-- param n text: x'), /^x\.sql:5: the name n is taken$/],
  'a parameter of ours': [header('-- param until date: x'), /^x\.sql:4: the name until is taken$/],
  'a parameter that is not used': [header('-- param m text: x'), /^x\.sql:1: the parameter m is not used/],
  'no title': ['-- read: x\n-- views: calls\nSELECT 1', /^x\.sql:1: expected a line "-- title: \.\.\."/],
  'an unknown kind of chart': [header('-- chart a pie: x'), /^x\.sql:4: expected one of figures, .*found pie$/],
  'a column without type': [header('-- file l (actor): x'), /^x\.sql:4: expected COLUMN TYPE, found "actor"$/],
  'a table with the name of a view': [header('-- file calls (a text): x'), /^x\.sql:4: the name calls is taken$/],
};
for (const [name, [sql, message]] of Object.entries(faults)) {
  test(`a header with ${name} is refused with its line`, () => {
    assert.throws(() => parseReport('x', sql, 'x.sql'), { name: 'ReportRefused', message });
  });
}

test('a folder of reports adds to those there are, and cannot replace one', async (t) => {
  const dir = folder(t);
  writeFileSync(join(dir, 'own.sql'), whole);
  assert.equal((await loadReports([BUILT_IN, dir])).get('own')?.title, 'T');
  writeFileSync(join(dir, 'denied.sql'), whole);
  await assert.rejects(loadReports([BUILT_IN, dir]), /denied\.sql: there is a report denied already/);
  await assert.rejects(loadReports([join(dir, 'none')]), ReportRefused);
  const odd = join(dir, 'odd');
  mkdirSync(odd);
  writeFileSync(join(odd, 'My Report.sql'), whole);
  await assert.rejects(loadReports([odd]), /expected a name of small letters/);
});

test('values are read by their type, and told when they are not of it', () => {
  const report = parseReport('x', whole, 'x.sql');
  const given = (values: Readonly<Record<string, string>>) => valuesFor(report, new Map(Object.entries(values)));
  assert.deepEqual(given({ name: "a'b" }), [
    { name: 'n', value: 3 },
    { name: 'name', value: "a'b" },
  ]);
  assert.throws(() => given({}), { name: 'ReportMisused', message: 'the report x needs --param name=... (Whose)' });
  assert.throws(() => given({ name: 'a', n: '3.5' }), /n is a whole number, not "3\.5" \(How many\)/);
  assert.throws(() => given({ nam: 'a' }), /the report x has no parameter nam: did you mean name\?/);
});

test('a CSV file becomes the table a report asks for, in whatever order and quotes', () => {
  const { table } = parseReport('x', whole, 'x.sql');
  assert(table !== null);
  const text = '\ufeffEnded;note;Actor\r\n2026-11-01;"a;\r\n""b""";ana\r\n\r\n2026-11-02;;"ben, b"\r\n';
  assert.deepEqual(readTable(table, text, 'hr.csv').rows, [
    { actor: 'ana', ended: '2026-11-01' },
    { actor: 'ben, b', ended: '2026-11-02' },
  ]);
  const refused = (csv: string, message: RegExp) =>
    assert.throws(
      () => readTable(table, csv, 'hr.csv'),
      (error) => error instanceof ReportMisused && message.test(error.message),
    );
  refused('', /^hr\.csv:1: expected columns actor, ended; found nothing$/);
  refused('actor,ende\n', /^hr\.csv:1: expected columns actor, ended; found actor, ende$/);
  refused(
    'actor,ended\nana,2026-11-01\nben,2026-02-30\n',
    /^hr\.csv:3: ended is a day, as 2026-11-22, not "2026-02-30"$/,
  );
  refused('actor,ended\n"ana,2026-11-01\n', /^hr\.csv:2: a quote stands within a field, or has no end$/);
});
