import { printable } from '../../audit/answer/printable.ts';
import type { Outcome, Result, ResultPlace } from './outcome.ts';

/** GitHub shows ten annotations of a level for each step: the worst nine are told, and how many more there are. */
const annotationsMax = 9;

/** Workflow commands of GitHub, which shows each beside its line. */
export function annotations({ command, results }: Outcome): string {
  const lines = (['error', 'warning', 'note'] as const).flatMap((level) => {
    const all = results.filter((result) => result.level === level);
    const more = all.length - annotationsMax;
    return [
      ...all.slice(0, annotationsMax).map(annotation),
      ...(more > 0
        ? [annotation({ level, place: null, title: `gatehouse ${command}`, message: `+${more} more` })]
        : []),
    ];
  });
  return lines.join('');
}

interface Annotation {
  readonly level: Result['level'];
  /** Null for what stands nowhere. */
  readonly place: ResultPlace | null;
  readonly title: string;
  readonly message: string;
}

function annotation({ level, place, title, message }: Annotation): string {
  const where = place === null ? '' : `file=${property(place.file)},line=${place.line},col=${place.col},`;
  const lines = message.split('\n').map((line) => escaped(printable(line)));
  return `::${level === 'note' ? 'notice' : level} ${where}title=${property(title)}::${lines.join('%0A')}\n`;
}

/** A workflow command ends at a line break, which `printable` leaves nowhere, and takes `%` for escapes. */
function escaped(text: string): string {
  return text.replaceAll('%', '%25');
}

function property(text: string): string {
  return escaped(printable(text)).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
