/**
 * Best effort: finds what looks like a secret by the name it stands under or by its own shape. It cannot know a
 * password in a sentence; `arguments: none` keeps nothing.
 */

export const REDACTED = '[redacted]';

/** Case and separators do not matter: `X-Api-Key`, `apiKey` and `api_key` are one name. */
const SECRET_NAME =
  /pass(?:word|wd|phrase|code)|secret|token|bearer|auth(?:orization)?$|credential|cookie|pwd$|(?:api|access|private|signing|encryption)[-_. ]?key|signature$|session[-_. ]?(?:id|key)?$|jwt|otp$/i;
/** `maxTokens: 4096` counts, it does not open anything. */
const COUNTED = /tokens$/i;

/** Whether the value under this name is to be masked whole. */
export function namesSecret(name: string, value: unknown): boolean {
  if (!SECRET_NAME.test(name)) return false;
  return typeof value === 'number' ? !COUNTED.test(name) : typeof value !== 'boolean' && value !== null;
}

/** One expression, so that a text is read once; each branch is linear in what it matches. */
const SECRET_TEXT = new RegExp(
  [
    String.raw`-----BEGIN [A-Z ]{0,32}PRIVATE KEY(?: BLOCK)?-----(?:[\s\S]*?-----END [A-Z ]{0,32}PRIVATE KEY(?: BLOCK)?-----|[\s\S]*)`,
    String.raw`\b(?:[Bb]earer|[Bb]asic)\s+[\w.~+/=-]{8,}`,
    // Stops where another begins, or a text of nothing but beginnings would be read again from each of them.
    String.raw`\beyJ(?:(?!-eyJ)[\w-]){8,}\.[\w-]{8,}(?:\.[\w-]*)*`,
    String.raw`\bgh[a-z]_[A-Za-z0-9]{16,}|\bgithub_pat_\w{16,}|\bglpat-[\w-]{16,}`,
    String.raw`\bsk-[\w-]{16,}|\b[rs]k_(?:live|test)_\w{10,}|\bxox[a-z]-[\w-]{8,}|\bgate_\w{8,}|\bAIza[\w-]{30,}`,
    String.raw`\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|\b(?:npm|hf|shpat|dop_v1)_\w{20,}`,
    String.raw`(?<=:\/\/[^\s/@:]{0,128}:)[^\s/@]{1,256}(?=@)`,
    String.raw`(?<=\b(?:password|passwd|pwd|secret|token|api[_-]?key)["']?\s?[=:]\s?["']?)[^\s"'&;,]{4,}`,
  ].join('|'),
  'g',
);

/** The text with every credential in it replaced by `[redacted]`. */
export function maskSecrets(text: string): string {
  return text.length < 8 ? text : text.replace(SECRET_TEXT, REDACTED);
}
