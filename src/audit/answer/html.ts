import type { Page, Rendering } from './answer.ts';
import { type Cell, textOf } from './cell.ts';
import { printable } from './printable.ts';

const STYLE = `body{font:14px/1.5 system-ui,sans-serif;margin:2rem;color:#1a1a1a;background:#fff}
pre{white-space:pre-wrap;background:#f4f4f4;padding:.75rem}
.wide{overflow-x:auto}
table{border-collapse:collapse}
th,td{border-bottom:1px solid #d0d0d0;padding:.25rem .75rem;text-align:left;vertical-align:top}
td{max-width:40rem;overflow-wrap:anywhere}
.n{text-align:right;font-variant-numeric:tabular-nums}
@media print{body{margin:0}.wide{overflow:visible}thead{display:table-header-group}}`;

/** One page that needs nothing else: no script, no picture, no font. The policy in it forbids all of them. */
export function html({ sql }: Pick<Page, 'sql'>): Rendering {
  let classes: readonly string[] = [];
  return {
    begin: (columns) => {
      classes = columns.map(({ kind }) => (kind === 'number' ? ' class="n"' : ''));
      const names = columns.map(({ name }, index) => `<th scope="col"${classes[index]}>${htmlText(name)}</th>`);
      return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Audit log</title>
<style>${STYLE}</style>
</head>
<body>
<h1>Audit log</h1>
<pre>${sql.split(/\r?\n/).map(htmlText).join('\n')}</pre>
<div class="wide">
<table>
<thead><tr>${names.join('')}</tr></thead>
<tbody>
`;
    },
    rows: (rows) =>
      rows
        .map((row) => `<tr>${row.map((cell, index) => `<td${classes[index]}>${htmlText(cell)}</td>`).join('')}</tr>\n`)
        .join(''),
    end: (count) => `</tbody>
</table>
</div>
<p>${count} ${count === 1 ? 'row' : 'rows'}</p>
</body>
</html>
`,
  };
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text that stays text, in an element or an attribute; what turns or hides the text around it is made visible. */
export function htmlText(cell: Cell): string {
  return printable(textOf(cell)).replace(/[&<>"']/g, (char) => ENTITIES[char] ?? char);
}
