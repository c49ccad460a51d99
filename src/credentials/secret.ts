import { inspect } from 'node:util';

/** A value that prints as `[secret]` wherever it ends up; only `reveal` gives it away. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** For the one place that puts it into a request or a child's environment. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return '[secret]';
  }

  toJSON(): string {
    return '[secret]';
  }
}

// Outside the class, where isolatedDeclarations cannot take a computed name.
Object.defineProperty(Secret.prototype, inspect.custom, { value: () => '[secret]' });
