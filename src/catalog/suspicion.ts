import { unseenIn } from './unseen.ts';

/** `unseen`: characters nobody can see. `instruction`: it tells a model what to do. `url`: it names a place elsewhere. */
export type Suspicion = 'unseen' | 'instruction' | 'url';

/**
 * How tool descriptions have been used to steer a model. A hint to a reviewer and no defence: wording can always be
 * found that is not here. Each gap is bounded, since the text is a stranger's.
 */
const instructions: readonly RegExp[] = [
  /\b(?:ignore|disregard|forget|override)\b.{0,40}\b(?:previous|prior|above|earlier|instructions?|rules|guidelines)\b/gis,
  /\b(?:do not|don't|never|without)\b.{0,24}\b(?:tell|telling|mention|inform|informing|reveal|notify|asking)\b.{0,24}\b(?:user|human|anyone|them)\b/gis,
  /<\/?(?:important|system|instructions?|secret|admin)\b[^<>]{0,80}>/gi,
  /\b(?:system prompt|hidden instructions?|new instructions?|developer message)\b/gi,
  /\b(?:before|after|when|whenever|instead of)\b.{0,24}\b(?:using|calling|running|invoking|use|call)\b.{0,60}\b(?:must|always|first|also)\b/gis,
  /\byou (?:must|should|will) (?:always|first|also|never|now)\b/gi,
  /(?:~|\.)\/?\.?ssh\b|\bid_(?:rsa|ed25519)\b|\/etc\/passwd\b|\.aws\/credentials|\bmcp\.json\b/gi,
];

const urls = /\b(?:[a-z][a-z\d+.-]{1,15}:\/\/|www\.)[^\s"'<>)\]}]{0,200}[^\s"'<>)\]}.,;:!?]/gi;

/** What is in `after` that was not in `before`, each read as all its texts one to a line. */
export function suspicionsIn(before: string, after: string): readonly Suspicion[] {
  const appears = (found: (text: string) => readonly string[]): boolean => {
    const known = new Set(found(before));
    return found(after).some((one) => !known.has(one));
  };
  const plain = (text: string): string => text.replace(/\s+/g, ' ');
  const kinds: readonly (readonly [Suspicion, (text: string) => readonly string[]])[] = [
    ['unseen', unseenIn],
    ['instruction', (text) => instructions.flatMap((pattern) => plain(text).match(pattern) ?? [])],
    ['url', (text) => text.match(urls) ?? []],
  ];
  return kinds.filter(([, found]) => appears(found)).map(([kind]) => kind);
}

/** Every text in parsed JSON, names of members included, one to a line. */
export function textsIn(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null) return '';
  if (Array.isArray(value)) return value.map(textsIn).join('\n');
  return Object.entries(value)
    .map(([key, inner]) => `${key}\n${textsIn(inner)}`)
    .join('\n');
}
