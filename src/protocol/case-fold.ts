/**
 * A member's name as parsers read it that overlook case, Go's and .NET's among them. Upper case first, so that `ſ` is `s`
 * and the Kelvin sign `k`.
 */
export function caseFolded(name: string): string {
  return name.toUpperCase().toLowerCase();
}
