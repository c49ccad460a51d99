import { readFileSync, writeFileSync } from 'node:fs';
import { BUILT_IN, loadReports } from '../../../src/audit/report/library.ts';
import type { Report } from '../../../src/audit/report/report.ts';

/** The list in `audit/reports.md`; write it anew with `node --import tsx test/audit/report-document.ts --write`. */
const DOCUMENT = 'audit/reports.md';
const LIST = /(?<=<!-- reports -->\n)[\s\S]*(?=<!-- end -->)/;

const reports = await loadReports([BUILT_IN]);

export function writtenDocument(): string {
  return readFileSync(DOCUMENT, 'utf8');
}

export function documentText(): string {
  const text = [...reports.values()].map(sectionOf).join('\n');
  return writtenDocument().replace(LIST, () => `\n${text}\n`);
}

function sectionOf({ name, title, reading, parameters, table, controls }: Report): string {
  const takes = [
    ...parameters.map((one) => {
      const usual = one.default === null ? 'must be given' : `default \`${one.default || '""'}\``;
      return `- \`${one.name}\`, ${one.type}, ${usual}: ${one.meaning}\n`;
    }),
    ...(table === null
      ? []
      : [
          `- ${table.required ? '' : 'optional: '}\`--file\` with ${table.columns.map((each) => `\`${each.name}\``).join(' and ')}: ${table.meaning}\n`,
        ]),
  ];
  const evidence = controls.map(({ framework, sections }) => `${framework} ${sections}`).join('; ');
  return `### ${name}\n\n${title}. ${reading}\n\n${takes.length === 0 ? '' : `${takes.join('')}\n`}Evidence for ${evidence}.\n`;
}

if (process.argv.includes('--write')) writeFileSync(DOCUMENT, documentText());
