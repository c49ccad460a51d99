import type { Findings } from './findings.ts';
import type { Source } from './parse.ts';
import type { Problem } from './problem.ts';

/** Formats whose shape alone says "secret", so that a comment or a description cannot hide one either. */
const formats: readonly (readonly [name: string, pattern: RegExp])[] = [
  ['a private key', /-----BEGIN (?:[A-Z]{2,12} ){0,2}PRIVATE KEY/g],
  ['a GitHub token', /\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{40})/g],
  ['a GitLab token', /\bglpat-[A-Za-z0-9_-]{20}/g],
  ['a Slack token', /\bxox[abeoprs]-[A-Za-z0-9-]{10}/g],
  ['an API key', /\bsk-(?:[a-z]{2,10}-)?[A-Za-z0-9_-]{20}/g],
  ['an API key', /\b[rs]k_live_[A-Za-z0-9]{20}/g],
  ['an AWS access key', /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g],
  ['a Google API key', /\bAIza[A-Za-z0-9_-]{35}/g],
  ['an npm token', /\bnpm_[A-Za-z0-9]{36}/g],
  ['a JSON Web Token', /\beyJ[A-Za-z0-9_-]{10,8000}\.eyJ[A-Za-z0-9_-]{10,8000}\./g],
  ['a robot key', /\bgate_[A-Za-z0-9]{8}_[A-Za-z0-9_-]{43}_/g],
];

const reference = /\$\{(?:env|file|helper):/g;

/** Problems whose line of the file is never shown again, because it may hold a secret. */
export const withheldCodes: ReadonlySet<string> = new Set(['GH038', 'GH067', 'GH068']);

/** Whether a name says that its value is a secret: `API_TOKEN`, `db-password`. */
export function soundsSecret(name: string): boolean {
  return /(?:^|[_-])(?:token|secret|password|passwd|api_?key|apikey|private_?key|credentials?)$/i.test(name);
}

/** Reports secrets pasted anywhere in a file. `known` are problems that already point at one. */
export function findPastedSecrets(source: Source, known: readonly Problem[], findings: Findings): void {
  const lines = new Set(
    known.filter(({ code, at }) => code === 'GH038' && at.file === source.file).map(({ at }) => at.line),
  );
  for (const [name, pattern] of formats) {
    for (const at of source.search(pattern)) {
      if (lines.has(at.line)) continue;
      lines.add(at.line);
      findings.error('GH067', at, {
        message: `found what looks like ${name}; files hold references to secrets, never secrets`,
        hint: `revoke it, it has been written down; then use \${env:NAME} or \${file:/path} where a secret belongs`,
      });
    }
  }
}

/** Whether a text holds a secret reference where none is resolved. */
export function holdsReference(text: string): boolean {
  return text.search(reference) >= 0;
}
