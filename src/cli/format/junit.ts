import { printable } from '../../audit/answer/printable.ts';
import type { Outcome, Result } from './outcome.ts';

/**
 * JUnit's XML, as GitLab and other test pages read it: a case for each error and for what passed. What is no error has
 * no place of its own in it and stands in the suite's output.
 */
export function junitOf({ command, results, passed }: Outcome): string {
  const failures = results.filter(({ level }) => level === 'error');
  const cases = [...passed.map((result) => openCase(result, '/>\n')), ...failures.map(failedCase)];
  const others = results.filter(({ level }) => level !== 'error').map(outputLine);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>\n',
    `<testsuite name="gatehouse ${xml(command)}" tests="${cases.length}" failures="${failures.length}">\n`,
    ...cases,
    ...(others.length > 0 ? [`  <system-out>${others.join('\n')}</system-out>\n`] : []),
    '</testsuite>\n',
  ].join('');
}

function openCase({ title, place: { file, line } }: Pick<Result, 'title' | 'place'>, end: string): string {
  return `  <testcase name="${xml(title)}" classname="${xml(file)}" file="${xml(file)}" line="${line}"${end}`;
}

function failedCase(result: Result): string {
  const lines = result.message.split('\n').map(xml);
  const failure = `    <failure message="${lines[0]}">${lines.join('\n')}</failure>\n`;
  return `${openCase(result, '>\n')}${failure}  </testcase>\n`;
}

function outputLine({ title, message, place: { file, line } }: Result): string {
  return xml(`${file}:${line} ${title}: ${message.replaceAll('\n', ' ')}`);
}

const entities: Readonly<Record<string, string>> = { '<': '&lt;', '>': '&gt;', '&': '&amp;', '"': '&quot;' };

/** XML 1.0 has no way to write control characters. */
function xml(text: string): string {
  return printable(text).replace(/[<>&"]/g, (character) => entities[character] ?? '');
}
