-- title: What was refused, and why
-- read: One row a day, caller, tool and reason. first_time marks what this caller was not refused before in the
--   period: new names and sudden numbers deserve a question. Refused credentials have no caller, and those
--   too many to record count with the next one that was, whatever its why. Why, for one caller:
--   gatehouse explain user:ACTOR SERVER/TOOL --groups A,B; audit/questions.md shows how to get the groups they had.
-- control SOC 2: CC7.2
-- control PCI DSS 4.0.1: 10.2.1.4
-- control NIST 800-53: AU-6, AC-7
-- control ISO 27001:2022: A.8.15, A.8.16
-- views: denied

WITH refusals AS (
  SELECT ts, ev, actor, actor_type, server, coalesce(tool, tool_as) AS tool, why, rule, ip, 1 + coalesce((detail->>'unrecorded')::BIGINT, 0) AS times
  FROM denied
)
SELECT
  ts::DATE AS day,
  actor,
  actor_type AS kind,
  ev,
  server,
  tool,
  why,
  rule,
  sum(times) AS refused,
  min(ts) AS first,
  max(ts) AS last,
  count(DISTINCT ip) AS addresses,
  min(min(ts)) OVER (PARTITION BY ev, actor, server, tool, why) = min(ts) AS first_time
FROM refusals
GROUP BY ts::DATE, actor, actor_type, ev, server, tool, why, rule
ORDER BY day DESC, refused DESC, actor, server, tool
