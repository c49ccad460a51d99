import { RE2JS } from 're2js';

/** A longer pattern is no condition but a program. */
const patternLengthMax = 500;
/** Instructions of a compiled pattern; each may cost a step for each character. */
const programSizeMax = 1_000;
/** Characters that the patterns of one condition look at in one call. */
const charactersMax = 65_536;

/** A pattern in RE2's syntax; matching takes time linear in the text. */
export interface Pattern {
  /** Whether it matches anywhere in the text. */
  test(text: string): boolean;
  toString(): string;
}

/** Compiles the patterns of one condition and bounds what they read together. */
export interface Patterns {
  /** Throws `RangeError` or a syntax error of RE2 when the pattern is not usable. */
  compile(pattern: string): Pattern;
  /** Begins another call. */
  restart(): void;
}

export function createPatterns(): Patterns {
  const compiled = new Map<string, Pattern>();
  let read = 0;
  function test(pattern: RE2JS, text: string): boolean {
    read += text.length;
    if (read > charactersMax) throw new RangeError(`more than ${charactersMax} characters`);
    return pattern.matcher(text).find();
  }
  return {
    compile: (source) => {
      const known = compiled.get(source);
      if (known !== undefined) return known;
      const program = compileBounded(source);
      const pattern = { test: (text: string) => test(program, text), toString: () => source };
      compiled.set(source, pattern);
      return pattern;
    },
    restart: () => {
      read = 0;
    },
  };
}

function compileBounded(source: string): RE2JS {
  if (source.length > patternLengthMax) throw new RangeError(`more than ${patternLengthMax} characters`);
  const program = RE2JS.compile(source);
  if (program.programSize() > programSizeMax) throw new RangeError('too many repetitions');
  return program;
}

/** What is wrong with a pattern, in a few words; null when it can be used. */
export function faultOfPattern(source: string): string | null {
  try {
    compileBounded(source);
    return null;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return error.message.replace(/^error parsing regexp: /, '');
  }
}
