import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chartSvg, plotOf } from '../../../src/audit/report/chart.ts';
import { REPORT_STYLE } from '../../../src/audit/report/style.ts';

test('a chart says in words what it shows, and draws a rectangle for every value but nothing', () => {
  const points = [
    { label: '2026-11-01', series: 'denied', value: 1 },
    { label: '2026-11-01', series: 'ok', value: 9 },
    { label: '2026-11-02', series: 'ok', value: 0 },
  ];
  const plot = plotOf('columns', points);
  assert.deepEqual(
    [plot.labels, plot.series],
    [
      ['2026-11-01', '2026-11-02'],
      ['ok', 'denied'],
    ],
  );
  const svg = chartSvg({ name: 'days', kind: 'columns', title: 'By <day>' }, plot);
  assert.match(svg, /role="img" aria-labelledby="chart-days-title chart-days-desc"/);
  assert.match(svg, /<title id="chart-days-title">By &lt;day&gt;<\/title>/);
  assert.match(svg, /Largest of ok: 2026-11-01, 9\. Largest of denied: 2026-11-01, 1\./);
  const rects = [...svg.matchAll(/<rect class="(s\d)".* y="([\d.]+)".* height="([\d.]+)"/g)];
  assert.deepEqual(
    rects.map(([, colour]) => colour),
    ['s0', 's1'],
  );
  // The smaller stands on the larger.
  const [[, , below = ''] = [], [, , above = '', height = ''] = []] = rects;
  assert.equal(Number(above) + Number(height), Number(below));
});

test('bars are as long as their values', () => {
  const plot = plotOf('bars', [
    { label: 'a', series: '', value: 10 },
    { label: 'b', series: '', value: 5 },
  ]);
  const widths = [...chartSvg({ name: 'x', kind: 'bars', title: 'X' }, plot).matchAll(/<rect.* width="([\d.]+)%"/g)];
  assert.equal(Number(widths[0]?.[1]), 2 * Number(widths[1]?.[1]));
});

test('a chart keeps its letters however narrow it is: all that lies along it is in hundredths', () => {
  const points = ['2026-11-01', '2026-11-02'].map((label) => ({ label, series: 'ok', value: 1_250_000 }));
  for (const kind of ['columns', 'bars', 'groups'] as const) {
    const svg = chartSvg({ name: 'x', kind, title: 'X' }, plotOf(kind, points));
    assert.doesNotMatch(svg, /viewBox/);
    const along = [...svg.matchAll(/ (?:x|x1|x2|width)="([\d.]+)(%?)"/g)].filter(([, value]) => value !== '0');
    assert(along.every(([, value, unit]) => unit === '%' && Number(value) <= 100));
  }
});

test('a chart of nothing is drawn as well', () => {
  for (const kind of ['columns', 'bars', 'groups'] as const) {
    assert.doesNotMatch(chartSvg({ name: 'x', kind, title: 'X' }, plotOf(kind, [])), /NaN|Infinity|undefined/);
  }
});

const palettes = REPORT_STYLE.match(/:root\{[^}]*\}/g) ?? [];

test('text and drawings stand out from their ground: in light, in dark, on paper', () => {
  assert.equal(palettes.length, 3);
  for (const palette of palettes) {
    const colour = (name: string): string => new RegExp(`--${name}:(#[0-9a-f]+)`).exec(palette)?.[1] ?? '';
    for (const ground of ['ground', 'raised']) {
      for (const text of ['text', 'soft', 'good', 'bad']) {
        assert(contrast(colour(text), colour(ground)) >= 4.5, `${text} on ${ground} in ${palette}`);
      }
      for (const drawn of ['s0', 's1', 's2', 's3']) {
        assert(contrast(colour(drawn), colour(ground)) >= 3, `${drawn} on ${ground} in ${palette}`);
      }
    }
  }
});

/** WCAG 2.2, contrast ratio. */
function contrast(one: string, other: string): number {
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

function luminance(colour: string): number {
  const digits = colour.length === 4 ? colour.slice(1).replace(/./g, '$&$&') : colour.slice(1);
  const [red = 0, green = 0, blue = 0] = [0, 2, 4].map((at) => {
    const part = Number.parseInt(digits.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
