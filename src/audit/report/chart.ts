import { htmlText } from '../answer/html.ts';
import type { Chart, ChartKind } from './report.ts';

/** One value to draw. */
export interface Point {
  readonly label: string;
  /** Empty when there is but one. */
  readonly series: string;
  readonly value: number;
}

/** Values by label and series, in the order they are drawn. */
export interface Plot {
  readonly labels: readonly string[];
  readonly series: readonly string[];
  readonly at: (label: string, series: string) => number;
}

/** Labels keep the order they came in, series too, but that in stacks the largest lies at the bottom. */
export function plotOf(kind: ChartKind, points: readonly Point[]): Plot {
  const values = new Map<string, number>();
  const sums = new Map<string, number>();
  for (const { label, series, value } of points) {
    const key = JSON.stringify([label, series]);
    values.set(key, (values.get(key) ?? 0) + value);
    sums.set(series, (sums.get(series) ?? 0) + value);
  }
  return {
    labels: [...new Set(points.map(({ label }) => label))],
    series: [...sums].sort(([, one], [, other]) => (kind === 'columns' ? other - one : 0)).map(([name]) => name),
    at: (label, series) => values.get(JSON.stringify([label, series])) ?? 0,
  };
}

/** Upright in pixels, along in hundredths of the width: the drawing is as wide as its place, its letters never smaller. */
const HEIGHT = 220;
const BOTTOM = 24;
const TOP = 10;
/** In hundredths, left of the columns: for the numbers at the lines. */
const LEFT = 10;
/** In hundredths, of a column: a day alone is no wall. */
const COLUMN_MAX = 12;
/** So many colours the style sheet has. */
const COLOURS = 4;

/** The chart as SVG: no script, no style of its own; what it shows is told in `<desc>` and, in full, in a table beside. */
export function chartSvg({ name, title, kind }: Chart, plot: Plot): string {
  const { body, height } = kind === 'columns' ? columns(plot) : bars(plot);
  const id = `chart-${name}`;
  return `<svg width="100%" height="${height}" role="img" aria-labelledby="${id}-title ${id}-desc">
<title id="${id}-title">${htmlText(title)}</title>
<desc id="${id}-desc">${htmlText(describe(plot))} The table of the same name holds every value.</desc>
${body}</svg>`;
}

/** The largest of each series, in a sentence. */
function describe({ labels, series, at }: Plot): string {
  const told = series.map((name) => {
    const top = labels.reduce((best, label) => (at(label, name) > at(best, name) ? label : best), labels[0] ?? '');
    return `${name === '' ? 'Largest' : `Largest of ${name}`}: ${top}, ${numberText(at(top, name))}.`;
  });
  return told.join(' ');
}

export function numberText(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 1 });
}

function columns(plot: Plot): { readonly body: string; readonly height: number } {
  const { labels, series, at } = plot;
  const total = (label: string): number => series.reduce((sum, name) => sum + at(label, name), 0);
  const top = niceTop(Math.max(1, ...labels.map(total)));
  const room = (100 - LEFT) / Math.max(1, labels.length);
  const width = Math.min(room * 0.8, COLUMN_MAX);
  const scale = (HEIGHT - TOP - BOTTOM) / top;
  const floor = HEIGHT - BOTTOM;
  const parts = [0, top / 2, top].map((value) => {
    const y = number(floor - value * scale);
    return `<line class="grid" x1="${LEFT}%" x2="100%" y1="${y}" y2="${y}"/><text class="end" x="${LEFT}%" dx="-6" y="${number(floor - value * scale + 4)}">${compact(value)}</text>\n`;
  });
  for (const [index, label] of labels.entries()) {
    let y = floor;
    const x = LEFT + (index + 0.5) * room - width / 2;
    for (const [order, name] of series.entries()) {
      const height = at(label, name) * scale;
      if (height === 0) continue;
      y -= height;
      parts.push(rect({ x, y, width, height, order }));
    }
  }
  return { body: parts.join('') + dayLabels(labels, room), height: HEIGHT };
}

/** Three, the first and last of them at the ends when there are more: all would stand on one another. */
function dayLabels(labels: readonly string[], room: number): string {
  return [...new Set([0, Math.floor((labels.length - 1) / 2), labels.length - 1])]
    .map((place) => {
      const align =
        labels.length <= 3 ? 'middle' : place === 0 ? 'start' : place === labels.length - 1 ? 'end' : 'middle';
      const x = align === 'start' ? LEFT : align === 'end' ? 100 : LEFT + (place + 0.5) * room;
      return `<text class="${align}" x="${number(x)}%" y="${HEIGHT - 6}">${htmlText(labels[place] ?? '')}</text>\n`;
    })
    .join('');
}

const BAR = 14;
const BAR_GAP = 3;
const LABEL = 17;
/** In hundredths, of the longest bar: its value stands after it. */
const BAR_MAX = 78;

function bars({ labels, series, at }: Plot): { readonly body: string; readonly height: number } {
  const top = Math.max(1e-9, ...labels.flatMap((label) => series.map((name) => at(label, name))));
  const parts: string[] = [];
  let y = 0;
  for (const label of labels) {
    parts.push(`<text x="0" y="${y + 13}">${htmlText(clip(label))}</text>\n`);
    y += LABEL;
    for (const [order, name] of series.entries()) {
      const value = at(label, name);
      const width = (value / top) * BAR_MAX;
      parts.push(rect({ x: 0, y, width, height: BAR, order }));
      parts.push(`<text class="value" x="${number(width)}%" dx="6" y="${y + 12}">${numberText(value)}</text>\n`);
      y += BAR + BAR_GAP;
    }
    y += 8;
  }
  return { body: parts.join(''), height: Math.max(y, 1) };
}

/** `x` and `width` in hundredths of the width. */
interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly order: number;
}

function rect({ x, y, width, height, order }: Rect): string {
  const [left, top, wide, high] = [x, y, width, height].map(number);
  return `<rect class="s${order % COLOURS}" x="${left}%" y="${top}" width="${wide}%" height="${high}"/>\n`;
}

/** So many have room on a telephone. */
const LABEL_CHARS_MAX = 44;

function clip(label: string): string {
  return label.length > LABEL_CHARS_MAX ? `${label.slice(0, LABEL_CHARS_MAX - 1)}…` : label;
}

/** One digit times a power of ten, with a half that is whole too. */
function niceTop(most: number): number {
  const power = Math.max(1, 10 ** Math.floor(Math.log10(most)));
  const steps = power === 1 ? [2, 4, 6, 8, 10] : [1, 2, 3, 4, 5, 6, 8, 10];
  return (steps.find((step) => step * power >= most) ?? 10) * power;
}

function compact(value: number): string {
  return value.toLocaleString('en-US', { notation: 'compact', maximumFractionDigits: 1 });
}

function number(value: number): number {
  return Math.round(value * 100) / 100;
}
