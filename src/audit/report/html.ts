import type { AnswerColumn, Row } from '../answer/answer.ts';
import { textOf } from '../answer/cell.ts';
import { htmlText } from '../answer/html.ts';
import { chartSvg, numberText, type Plot, type Point, plotOf } from './chart.ts';
import type { Completeness } from './completeness.ts';
import { count, FILE_COLUMNS, fileRows, statementsOf, vouchedText } from './completeness-text.ts';
import { spanText } from './gateway-span.ts';
import type { Chart, Report } from './report.ts';
import { REPORT_STYLE } from './style.ts';

/** A report with its rows, ready to be printed. */
export interface Reported {
  readonly report: Report;
  readonly columns: readonly AnswerColumn[];
  readonly rows: readonly Row[];
  readonly completeness: Completeness;
}

/**
 * One page that needs nothing else: no script, no picture, no font. The policy in it forbids all of them. It reads on a
 * phone, on a screen in light and dark, on paper, and aloud.
 */
export function reportHtml(reported: Reported): string {
  const { report, completeness } = reported;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="referrer" content="no-referrer">
<title>${htmlText(report.title)}</title>
<style>${REPORT_STYLE}</style>
</head>
<body${reported.columns.length > UPRIGHT_COLUMNS_MAX ? ' class="across"' : ''}>
<header>
<h1>${htmlText(report.title)}</h1>
<p class="span">${htmlText(spanText(completeness.gateways, completeness))}</p>
<p>${htmlText(report.reading)}</p>
${stateHtml(completeness)}<nav aria-label="On this page"><a href="#basis">What this rests on</a> <a href="#controls">Controls it is evidence for</a> <a href="#statement">The SQL statement</a></nav>
</header>
<main>
${report.charts.length > 0 ? chartsHtml(reported) : tableHtml({ ...reported, caption: count(completeness.rows, 'row') })}</main>
${completenessHtml(reported)}</body>
</html>
`;
}

function stateHtml({ verified }: Completeness): string {
  const { ok, problemCount, records } = verified;
  const whole = `The whole log was checked: none of its ${numberText(records)} records was found changed, missing or out of its place.`;
  const state = ok ? 'Log intact' : `Log NOT intact: ${count(problemCount, 'problem')}`;
  const meaning = ok ? `${whole} ${vouchedText(verified)}` : 'What was found is told under “What this rests on”.';
  return `<p class="state ${ok ? 'good' : 'bad'}">${state}</p>\n<p class="soft">${meaning}</p>\n`;
}

function chartsHtml({ report, columns, rows }: Reported): string {
  const [chart, label, series, value] = ['chart', 'label', 'series', 'value'].map((name) =>
    columns.findIndex((column) => column.name === name),
  );
  const drawn = report.charts.map((each) => {
    const own = rows.filter((row) => textOf(row[chart ?? -1] ?? null) === each.name);
    const points = own.map(
      (row): Point => ({
        label: textOf(row[label ?? -1] ?? null),
        series: textOf(row[series ?? -1] ?? null),
        value: Number(row[value ?? -1] ?? 0),
      }),
    );
    return { chart: each, plot: plotOf(each.kind, points) };
  });
  const tables = drawn.filter(({ chart, plot }) => chart.kind !== 'figures' && plot.labels.length > 0).map(plotTable);
  return `<div class="charts">\n${drawn.map(figureHtml).join('')}</div>
<section class="numbers" aria-labelledby="numbers"><h2 id="numbers">The numbers</h2>\n${tables.join('')}</section>\n`;
}

interface Drawn {
  readonly chart: Chart;
  readonly plot: Plot;
}

function figureHtml({ chart, plot }: Drawn): string {
  if (chart.kind === 'figures') {
    const figures = plot.labels.map(
      (label) => `<div><dt>${htmlText(label)}</dt><dd>${numberText(plot.at(label, ''))}</dd></div>\n`,
    );
    return `<section class="wide"><h2>${htmlText(chart.title)}</h2><dl class="figures">\n${figures.join('')}</dl></section>\n`;
  }
  if (plot.labels.length === 0) return `<figure><h2>${htmlText(chart.title)}</h2><p>None.</p></figure>\n`;
  const legend = plot.series.map((name, index) => `<li><span class="s${index % 4}"></span>${htmlText(name)}</li>`);
  const key = plot.series.every((name) => name === '') ? '' : `<ul class="legend">${legend.join('')}</ul>\n`;
  return `<figure><h2>${htmlText(chart.title)}</h2>\n${key}${chartSvg(chart, plot)}\n</figure>\n`;
}

function plotTable({ chart: { kind, title }, plot: { labels, series, at } }: Drawn): string {
  const columns: readonly Pick<AnswerColumn, 'name' | 'kind'>[] = [
    { name: kind === 'columns' ? 'from' : 'name', kind: 'text' },
    ...series.map((name) => ({ name: name === '' ? 'value' : name, kind: 'number' as const })),
  ];
  const rows = labels.map((label) => [label, ...series.map((name) => at(label, name))]);
  return tableHtml({ columns, rows, caption: title });
}

/** From so many characters on a cell is broken into lines, and its column kept wide enough to be read: no moment is. */
const LONG_CHARS = 28;
/** With more columns it is printed across. */
const UPRIGHT_COLUMNS_MAX = 8;

function classOf(kind: AnswerColumn['kind'], rows: readonly Row[], index: number): string {
  if (kind === 'number') return ' class="n"';
  return rows.some((row) => textOf(row[index] ?? null).length >= LONG_CHARS) ? ' class="long"' : '';
}

interface Table {
  readonly columns: readonly Pick<AnswerColumn, 'name' | 'kind'>[];
  readonly rows: readonly Row[];
  readonly caption: string;
}

/** It can be scrolled by keyboard where it is wider than the page. */
function tableHtml({ columns, rows, caption }: Table): string {
  const classes = columns.map(({ kind }, index) => classOf(kind, rows, index));
  const names = columns.map(({ name }, index) => {
    const text = htmlText(name.replaceAll('_', ' '));
    return `<th scope="col"${classes[index]}>${text}</th>`;
  });
  const lines = rows.map((row) => {
    const cells = row.map((cell, index) => `<td${classes[index]}>${htmlText(cell)}</td>`);
    return `<tr>${cells.join('')}</tr>\n`;
  });
  return `<div class="scroll" role="region" tabindex="0" aria-label="${htmlText(caption)}">
<table>
<caption>${htmlText(caption)}</caption>
<thead><tr>${names.join('')}</tr></thead>
<tbody>
${lines.join('')}</tbody>
</table>
</div>
`;
}

function completenessHtml({ report, completeness }: Reported): string {
  const lines = statementsOf(completeness).map(
    ({ about, text }) => `<div><dt>${htmlText(about)}</dt><dd>${htmlText(text)}</dd></div>\n`,
  );
  const controls = report.controls.map(
    ({ framework, sections }) => `<div><dt>${htmlText(framework)}</dt><dd>${htmlText(sections)}</dd></div>\n`,
  );
  const files = tableHtml({ columns: FILE_COLUMNS, rows: fileRows(completeness), caption: 'Files read' });
  return `<footer>
<section aria-labelledby="basis"><h2 id="basis">What this rests on</h2>
<dl class="facts">
${lines.join('')}</dl>
${files}</section>
<section aria-labelledby="controls"><h2 id="controls">Controls it is evidence for</h2>
<dl class="facts">
${controls.join('')}</dl></section>
<section aria-labelledby="statement"><h2 id="statement">The SQL statement</h2>
<pre tabindex="0" role="region" aria-label="The SQL statement">${report.sql.split(/\r?\n/).map(htmlText).join('\n')}</pre></section>
</footer>
`;
}
