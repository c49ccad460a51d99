import { eachRow } from '../answer/answer.ts';
import { gatewayOf } from '../files/log-files.ts';
import { type Question, query } from '../query/query.ts';
import type { Sandbox } from '../query/sandbox.ts';

/** What a gateway had in force, as its log says. */
export interface InForce {
  readonly gateway: string;
  /** Hash of the configuration. */
  readonly cfg: string;
  /** Null when its files were no checkout. */
  readonly commit: string | null;
  /** ISO 8601 in UTC: since when. */
  readonly since: string;
}

/** A start or a reload puts it in force; it stays until the next one, whatever became of the gateway in between. */
const SQL = `SELECT writer, ts, cfg, git FROM audit
WHERE ev IN ('gateway.start', 'config.reload') AND cfg IS NOT NULL
QUALIFY row_number() OVER (PARTITION BY left(writer, -9) ORDER BY ts DESC, seq DESC) = 1
ORDER BY writer`;

/** What each gateway of these logs had in force at `at`. Throws as `query` does. */
export async function policyInForce(
  sandbox: Sandbox,
  question: Omit<Question, 'sql'>,
  at: Date,
): Promise<readonly InForce[]> {
  const found: InForce[] = [];
  // One millisecond is the precision of a start: it counts from that very moment on.
  const until = new Date(at.getTime() + 1);
  const sink = eachRow(([writer, since, cfg, commit]) => {
    found.push({
      ...{ gateway: gatewayOf(String(writer)), cfg: String(cfg), since: String(since) },
      commit: commit === null ? null : String(commit),
    });
  });
  await query(sandbox, { ...question, sql: SQL, since: null, until, strict: false, from: 'auto' }, { sink });
  return found;
}
