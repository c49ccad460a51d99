-- title: First use of a tool by a caller
-- read: One row a caller and tool that met for the first time in the last days of the period. new_caller and
--   new_tool mark those the log did not know at all before; known_days says how far back it looks.
-- param days integer = 7: So many days before the end of the period count as new
-- control SOC 2: CC7.2
-- control NIST 800-53: AU-6, SI-4
-- control ISO 27001:2022: A.8.16
-- views: calls

WITH pairs AS (
  SELECT actor, actor_type, server, coalesce(tool, tool_as) AS tool, arg_max(risk, ts) AS risk, min(ts) AS first_use, count(*) AS calls, arg_min(decision, ts) AS decision
  FROM calls
  GROUP BY actor, actor_type, server, coalesce(tool, tool_as)
),
known AS (
  SELECT *, min(first_use) OVER (PARTITION BY actor) AS actor_first, min(first_use) OVER (PARTITION BY server, tool) AS tool_first, min(first_use) OVER () AS log_first
  FROM pairs
)
SELECT
  first_use,
  actor,
  actor_type AS kind,
  server,
  tool,
  risk,
  decision AS first_decision,
  calls,
  actor_first = first_use AS new_caller,
  tool_first = first_use AS new_tool,
  date_diff('day', log_first, first_use) AS known_days
FROM known
WHERE first_use >= $until::TIMESTAMP - to_days($days::INTEGER)
ORDER BY first_use DESC, actor, server, tool
