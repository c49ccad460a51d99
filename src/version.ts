import { readFileSync } from 'node:fs';

const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));

/** The package's version: `package.json` stands one folder up from both `src/` and `dist/`. */
export const version: string = String((manifest as { version: unknown }).version);
