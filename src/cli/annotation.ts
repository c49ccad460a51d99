/** GitHub shows ten annotations of a level for each step: the worst nine are told, and how many more there are. */
export const annotationsMax = 9;

export interface Annotation {
  readonly level: 'error' | 'warning';
  /** Relative to the working folder; null for what stands nowhere. */
  readonly place: { readonly file: string; readonly line: number; readonly col: number } | null;
  readonly title: string;
  readonly message: string;
}

/** One workflow command of GitHub, which shows it beside the line. */
export function annotation({ level, place, title, message }: Annotation): string {
  const where = place === null ? '' : `file=${property(place.file)},line=${place.line},col=${place.col},`;
  return `::${level} ${where}title=${property(title)}::${escaped(message)}\n`;
}

/** Workflow commands end at a line break and take `%` for escapes. */
function escaped(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return escaped(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
