import type { Page, Rendering } from './answer.ts';
import { csv } from './csv.ts';
import { html } from './html.ts';
import { json, jsonLines } from './json.ts';
import { markdown } from './markdown.ts';
import { table } from './table.ts';

/** What an answer can be printed as. */
export const TEXT_FORMATS = ['table', 'csv', 'json', 'jsonl', 'markdown', 'html'] as const;
export type TextFormat = (typeof TEXT_FORMATS)[number];

/** Text for `page` in this format. */
export function createRendering(format: TextFormat, page: Page): Rendering {
  switch (format) {
    case 'table':
      return table(page);
    case 'csv':
      return csv(page);
    case 'json':
      return json();
    case 'jsonl':
      return jsonLines();
    case 'markdown':
      return markdown();
    case 'html':
      return html(page);
    default:
      return format satisfies never;
  }
}
