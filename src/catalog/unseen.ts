/**
 * What a person reading cannot see but a model may read, or what steers a terminal: controls, bidirectional and
 * zero-width characters, tags, lone surrogates. Line breaks, tabs and the two emoji variation selectors are none.
 */
const unseen: RegExp = /(?![\t\n\r]|\ufe0e|\ufe0f)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Default_Ignorable_Code_Point}]/gu;

/** The characters of a text that nobody can see, in order; empty for honest texts. */
export function unseenIn(text: string): readonly string[] {
  return text.match(unseen) ?? [];
}

/** The text on one line with whatever cannot be seen as `\u{…}`, fit for a terminal, a log and a review. */
export function showUnseen(text: string): string {
  const shown = text.replace(unseen, (char) => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`);
  return shown.replace(/[\t\n\r]/g, (space) => JSON.stringify(space).slice(1, -1));
}

/** The same JSON without the characters nobody can see; the very same bytes when it holds none, written out or escaped. */
export function withoutUnseen(json: Buffer): Buffer {
  const text = json.toString();
  if (unseenIn(text).length === 0 && !/\\[ubf]/.test(text)) return json;
  const clean = text.replace(/"(?:[^"\\]|\\.)*"/g, (quoted) => {
    const value: string = JSON.parse(quoted);
    const kept = value.replace(unseen, '');
    return kept === value ? quoted : JSON.stringify(kept);
  });
  return clean === text ? json : Buffer.from(clean);
}

/** JSON text with every such character escaped, so that a reviewer sees that something is there. */
export function escapeUnseen(json: string): string {
  return json.replace(unseen, (char) => char.split('').map(escapeUnit).join(''));
}

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
