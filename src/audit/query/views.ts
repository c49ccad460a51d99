/** Views a statement may read, each with what it holds of `audit`; `audit/query.md` describes them. */
export const VIEWS: Readonly<Record<string, string>> = {
  audit: 'TRUE',
  calls: "ev = 'tool.call'",
  attempts: "ev = 'tool.attempt'",
  denied: "decision = 'deny' OR outcome = 'denied' OR ev = 'auth.fail'",
  config_changes: "ev IN ('config.reload', 'config.reject')",
};

/** For messages: which views there are. */
export function viewsSentence(): string {
  return `the views are ${Object.keys(VIEWS).join(', ')}`;
}
