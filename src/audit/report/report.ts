import { hash } from 'node:crypto';
import { VIEWS } from '../query/views.ts';

/** A report: one SELECT, and what its comment header says of it. The header is described in `audit/reports.md`. */
export interface Report {
  /** Its file's name without `.sql`. */
  readonly name: string;
  readonly title: string;
  /** How to read it, in a few sentences. */
  readonly reading: string;
  /** In the order of the header, which is also that of the words after the report's name. */
  readonly parameters: readonly Parameter[];
  /** A table it asks the user for as a file; null for none. */
  readonly table: WantedTable | null;
  readonly controls: readonly Control[];
  /** Views it reads. */
  readonly views: readonly string[];
  readonly charts: readonly Chart[];
  /** The whole file. */
  readonly sql: string;
  /** First 16 hex digits of the SHA-256 of the file. */
  readonly version: string;
}

export interface Parameter {
  readonly name: string;
  readonly type: ParameterType;
  /** As text; null when it must be given. */
  readonly default: string | null;
  readonly meaning: string;
}

/** `date` is `YYYY-MM-DD`; it is bound as text, as is `text`. */
export const PARAMETER_TYPES = ['text', 'integer', 'number', 'date'] as const;
export type ParameterType = (typeof PARAMETER_TYPES)[number];

export interface WantedTable {
  readonly name: string;
  /** The report cannot do without; otherwise it is empty unless it is given. */
  readonly required: boolean;
  readonly columns: readonly { readonly name: string; readonly type: 'text' | 'date' }[];
  readonly meaning: string;
}

/** What of a framework the report is evidence for. */
export interface Control {
  readonly framework: string;
  readonly sections: string;
}

/** The rows whose `chart` column holds `name` are drawn: `label` along the axis, one colour a `series`, `value` high. */
export interface Chart {
  readonly name: string;
  readonly kind: ChartKind;
  readonly title: string;
}

/** Single numbers; stacked columns, for days; bars, one a label; bars side by side, one a series. */
export const CHART_KINDS = ['figures', 'columns', 'bars', 'groups'] as const;
export type ChartKind = (typeof CHART_KINDS)[number];

/** A report's file is not one; the message says where and what was expected. */
export class ReportRefused extends Error {
  override readonly name = 'ReportRefused';
  readonly code = 'audit_report_refused';
}

/** The table of what the policy grants, offered to reports that name it among their views. */
export const ENTITLEMENTS = 'entitlements';

/** The table of which commits each start and reload brought, offered likewise. */
export const COMMITS = 'commits';

/** The table of sign-offs since the period began, offered likewise. */
export const REVIEWS = 'reviews';

/** Filled by the program: the moment the report ends, as text for `::TIMESTAMP`. */
export const UNTIL = 'until';

interface Header {
  readonly texts: Map<'title' | 'read' | 'views', string>;
  readonly parameters: Parameter[];
  readonly tables: WantedTable[];
  readonly controls: Control[];
  readonly charts: Chart[];
}

interface Line {
  readonly text: string;
  /** Counts from 1. */
  readonly number: number;
}

/** Reads a report's file; `file` is what messages call it. Throws `ReportRefused`. */
export function parseReport(name: string, sql: string, file: string): Report {
  const refuse = (line: number, message: string): never => {
    throw new ReportRefused(`${file}:${line}: ${message}`);
  };
  const header: Header = { texts: new Map(), parameters: [], tables: [], controls: [], charts: [] };
  const lines = headerLines(sql);
  for (const line of lines) take(line, header, (message) => refuse(line.number, message));
  const required = (key: 'title' | 'read' | 'views'): string =>
    header.texts.get(key) ?? refuse(1, `expected a line "-- ${key}: ..." before the statement, found none`);
  const unused = header.parameters.find((parameter) => !uses(sql, parameter.name));
  if (unused !== undefined) refuse(1, `the parameter ${unused.name} is not used: the statement has no $${unused.name}`);
  if (header.tables.length > 1) refuse(1, 'a report asks for one file at most');
  return {
    ...{ name, title: required('title'), reading: required('read'), sql },
    ...{ parameters: header.parameters, table: header.tables[0] ?? null, controls: header.controls },
    ...{ views: required('views').split(/[ ,]+/), charts: header.charts },
    version: hash('sha256', sql, 'hex').slice(0, 16),
  };
}

/** Whether the statement takes a value of this name. */
export function uses(sql: string, name: string): boolean {
  return new RegExp(`\\$${name}\\b`).test(sql);
}

/** The comment lines before the statement; one that begins with more spaces goes on where the last one ended. */
function headerLines(sql: string): readonly Line[] {
  const lines: Line[] = [];
  for (const [index, raw] of sql.split(/\r?\n/).entries()) {
    if (raw.trim() === '') continue;
    if (!raw.startsWith('--')) break;
    const last = lines.at(-1);
    if (/^-- {2,}\S/.test(raw) && last !== undefined) {
      lines[lines.length - 1] = { ...last, text: `${last.text} ${raw.slice(2).trim()}` };
    } else if (raw.trim() !== '--') lines.push({ text: raw.slice(2).trim(), number: index + 1 });
  }
  return lines;
}

const PARAMETER = /^param ([a-z][a-z0-9_]*) (\w+)(?: = ("[^"]*"|[^\s:"]+))?: (.+)$/;
const TABLE = /^(optional )?file ([a-z][a-z0-9_]*) \(([^)]+)\): (.+)$/;
const CONTROL = /^control (.+): (.+)$/;
const CHART = /^chart ([a-z][a-z0-9_]*) (\w+): (.+)$/;
const TEXT = /^(title|read|views): (.+)$/;

const FORMS: Readonly<Record<string, string>> = {
  title: 'title: WORDS',
  read: 'read: WORDS',
  views: 'views: NAME, NAME',
  param: 'param NAME TYPE = DEFAULT: MEANING',
  file: 'file NAME (COLUMN TYPE, COLUMN TYPE): MEANING',
  optional: 'optional file NAME (COLUMN TYPE, COLUMN TYPE): MEANING',
  control: 'control FRAMEWORK: SECTIONS',
  chart: 'chart NAME KIND: TITLE',
};

function take({ text }: Line, header: Header, refuse: (message: string) => never): void {
  const [, key, words] = TEXT.exec(text) ?? [];
  // The pattern lets only these three through.
  if (key !== undefined && words !== undefined) return void header.texts.set(key as 'title' | 'read' | 'views', words);
  const [, framework, sections] = CONTROL.exec(text) ?? [];
  if (framework !== undefined && sections !== undefined) return void header.controls.push({ framework, sections });
  const parameter = PARAMETER.exec(text);
  if (parameter !== null) return void header.parameters.push(readParameter(parameter, header, refuse));
  const table = TABLE.exec(text);
  if (table !== null) return void header.tables.push(readTable(table, refuse));
  const [, name, kind, title] = CHART.exec(text) ?? [];
  if (name !== undefined && title !== undefined)
    return void header.charts.push({ name, title, kind: oneOf(CHART_KINDS, kind, refuse) });
  const form = FORMS[/^\w+/.exec(text)?.[0] ?? ''];
  refuse(`expected ${form ?? Object.keys(FORMS).join(', ')}, found "${text.slice(0, 60)}"`);
}

function readParameter(
  [, name = '', type, written, meaning = '']: RegExpExecArray,
  { parameters }: Header,
  refuse: (message: string) => never,
): Parameter {
  if (name === UNTIL || parameters.some((other) => other.name === name)) refuse(`the name ${name} is taken`);
  const parameter = {
    ...{ name, type: oneOf(PARAMETER_TYPES, type, refuse), meaning },
    default: written === undefined ? null : written.replace(/^"(.*)"$/, '$1'),
  };
  if (parameter.default !== null && readValue(parameter.type, parameter.default) === null)
    refuse(`the default of ${name} is no ${parameter.type}: ${parameter.default}`);
  return parameter;
}

function readTable(
  [, optional, name = '', list = '', meaning = '']: RegExpExecArray,
  refuse: (message: string) => never,
): WantedTable {
  if ([...Object.keys(VIEWS), ENTITLEMENTS, COMMITS, REVIEWS].includes(name)) refuse(`the name ${name} is taken`);
  const columns = list.split(',').map((column) => {
    const [, columnName = '', type] = /^\s*([a-z][a-z0-9_]*) (\w+)\s*$/.exec(column) ?? [];
    if (columnName === '') refuse(`expected COLUMN TYPE, found "${column.trim()}"`);
    return { name: columnName, type: oneOf(['text', 'date'] as const, type, refuse) };
  });
  return { name, required: optional === undefined, columns, meaning };
}

function oneOf<T extends string>(words: readonly T[], word: string | undefined, refuse: (message: string) => never): T {
  return words.find((known) => known === word) ?? refuse(`expected one of ${words.join(', ')}, found ${word}`);
}

const DATE = /^\d{4}-\d{2}-\d{2}$/;

/** The text as a value of the type; null when it is none. */
export function readValue(type: ParameterType, text: string): string | number | null {
  switch (type) {
    case 'text':
      return text;
    case 'integer':
      return /^-?\d{1,15}$/.test(text) ? Number(text) : null;
    case 'number':
      return /^-?\d{1,15}(\.\d{1,15})?$/.test(text) ? Number(text) : null;
    case 'date':
      return isDate(text) ? text : null;
    default:
      return type satisfies never;
  }
}

/** Parsing alone would take the 30th of February for the second of March. */
export function isDate(text: string): boolean {
  const moment = DATE.test(text) ? new Date(text) : null;
  return moment !== null && !Number.isNaN(moment.getTime()) && moment.toISOString().slice(0, 10) === text;
}
