-- title: Access review: who used what
-- read: One row a caller and tool. Whoever is responsible for the caller fills in decision (keep or remove) and
--   reviewer; export it as CSV for that. What was granted and never used is not here: see dormant.
-- param group text = "": Only callers with this value in their groups claim; empty for all
-- control SOC 2: CC6.2, CC6.3
-- control ISO 27001:2022: A.5.18
-- control PCI DSS 4.0.1: 7.2.4
-- control NIST 800-53: AC-2, AC-6(7)
-- views: calls

SELECT
  actor,
  actor_type AS kind,
  arg_max(array_to_string(groups, ' '), ts) AS groups,
  server,
  coalesce(tool, tool_as) AS tool,
  arg_max(risk, ts) AS risk,
  count(*) FILTER (decision = 'allow') AS allowed,
  count(*) FILTER (decision = 'deny') AS denied,
  min(ts) AS first_use,
  max(ts) AS last_use,
  arg_max(rule, ts) FILTER (decision = 'allow') AS rule,
  '' AS decision,
  '' AS reviewer
FROM calls
WHERE $group = '' OR list_contains(groups, $group)
GROUP BY actor, actor_type, server, coalesce(tool, tool_as)
ORDER BY actor, server, tool
