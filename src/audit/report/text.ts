import { json, quoted } from '../answer/json.ts';
import { markdownText } from '../answer/markdown.ts';
import { printable } from '../answer/printable.ts';
import { createRendering } from '../answer/text.ts';
import { completenessMarkdown, completenessText, folded } from './completeness-text.ts';
import { type Reported, reportHtml } from './html.ts';

/** Formats that hold the report and what it rests on in one text; the others keep rows alone. */
export const WHOLE_FORMATS = ['table', 'json', 'markdown', 'html'] as const;
export type WholeFormat = (typeof WHOLE_FORMATS)[number];

/** The report with what it rests on. `width` is that of the terminal; null for a file or a pipe. */
export function reportText(format: WholeFormat, reported: Reported, width: number | null): string {
  switch (format) {
    case 'table':
      return tableText(reported, width);
    case 'json':
      return jsonText(reported);
    case 'markdown':
      return markdownReport(reported, width);
    case 'html':
      return reportHtml(reported);
    default:
      return format satisfies never;
  }
}

/** Sentences are read in lines of this length, however wide the table in a file is. */
const READING_WIDTH = 80;

function tableText(reported: Reported, width: number | null): string {
  const { report, completeness } = reported;
  const head = `${printable(report.title)}\n\n${folded(printable(report.reading), Math.min(width ?? READING_WIDTH, READING_WIDTH), '')}\n`;
  return `${head}\n${rowsText('table', reported, width)}\n${completenessText(completeness, width)}`;
}

function markdownReport(reported: Reported, width: number | null): string {
  const { report, completeness } = reported;
  const head = `# ${markdownText(report.title)}\n\n${markdownText(report.reading)}\n`;
  const rows = rowsText('markdown', reported, width);
  return `${head}\n${rows}\n## What this rests on\n\n${completenessMarkdown(completeness)}`;
}

function jsonText({ columns, rows, completeness }: Reported): string {
  const rendering = json();
  const objects = rendering.begin(columns) + rendering.rows(rows) + rendering.end(rows.length);
  const names = columns.map(({ name, type }) => ({ name, type }));
  return `{"completeness":${quoted(completeness)},\n"columns":${quoted(names)},\n"rows":${objects.trimEnd()}}\n`;
}

function rowsText(format: 'table' | 'markdown', { report, columns, rows }: Reported, width: number | null): string {
  const rendering = createRendering(format, { width, sql: report.sql });
  return rendering.begin(columns) + rendering.rows(rows) + rendering.end(rows.length);
}
