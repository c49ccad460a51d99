import { suggest } from '../../config/suggest.ts';
import type { BoundValue, BroughtTable } from '../query/sandbox-messages.ts';
import { VIEWS } from '../query/views.ts';
import { type Report, readValue, UNTIL, uses } from './report.ts';

/** What was given does not fit the report; the message says what would. */
export class ReportMisused extends Error {
  override readonly name = 'ReportMisused';
  readonly code = 'audit_report_misused';
}

/** A value for each of the report's parameters, those in `given` and else their defaults. Throws `ReportMisused`. */
export function valuesFor(report: Report, given: ReadonlyMap<string, string>): readonly BoundValue[] {
  const names = report.parameters.map(({ name }) => name);
  for (const name of given.keys()) {
    if (names.includes(name)) continue;
    const hint = names.length === 0 ? 'it takes none' : suggest(name, names) || `it takes ${names.join(', ')}`;
    throw new ReportMisused(`the report ${report.name} has no parameter ${name}: ${hint}`);
  }
  return report.parameters.map(({ name, type, meaning, default: usual }) => {
    const text = given.get(name) ?? usual;
    if (text === null) throw new ReportMisused(`the report ${report.name} needs --param ${name}=... (${meaning})`);
    const value = readValue(type, text);
    if (value !== null) return { name, value };
    const kind = type === 'date' ? 'a day, as 2026-11-22' : type === 'integer' ? 'a whole number' : 'a number';
    throw new ReportMisused(`${name} is ${kind}, not "${text}" (${meaning})`);
  });
}

/** With the moment the period ends, when the statement asks for it. */
export function withEnd({ sql }: Report, values: readonly BoundValue[], until: Date): readonly BoundValue[] {
  return uses(sql, UNTIL) ? [...values, { name: UNTIL, value: until.toISOString().slice(0, -1) }] : values;
}

/** Views the report names that are neither the log's nor among `tables`. */
export function missingViews({ views }: Report, tables: readonly BroughtTable[]): readonly string[] {
  return views.filter((view) => !Object.hasOwn(VIEWS, view) && !tables.some(({ name }) => name === view));
}
