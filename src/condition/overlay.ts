/**
 * A tool's input schema as a caller should see it whose calls must meet any one of `overlays`.
 */
export function overlaySchema(_inputSchema: unknown, _overlays: readonly object[]): Record<string, unknown> {
  throw new TypeError('not yet');
}
