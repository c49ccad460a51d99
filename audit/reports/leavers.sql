-- title: Use after people left
-- read: One row a person on your list and tool called after their last day. There should be none; one with allowed
--   above zero is an incident. Names are compared with actor and e-mail address, without case.
-- file leavers (actor text, ended date): CSV with a header line: who left, and their last day
-- control SOC 2: CC6.2, CC6.3
-- control ISO 27001:2022: A.5.11, A.6.5
-- control NIST 800-53: PS-4, AC-2(1)
-- control PCI DSS 4.0.1: 8.2.5
-- views: audit

SELECT
  l.actor,
  l.ended,
  a.ev,
  a.server,
  coalesce(a.tool, a.tool_as) AS tool,
  count(*) FILTER (a.decision = 'allow') AS allowed,
  count(*) FILTER (a.decision IS DISTINCT FROM 'allow') AS other,
  min(a.ts) AS first_use,
  max(a.ts) AS last_use,
  count(DISTINCT a.ip) AS addresses
FROM leavers AS l
JOIN audit AS a ON lower(a.actor) = lower(l.actor) OR (a.email <> '' AND lower(a.email) = lower(l.actor))
WHERE a.ts >= l.ended + INTERVAL 1 DAY
GROUP BY l.actor, l.ended, a.ev, a.server, coalesce(a.tool, a.tool_as)
ORDER BY l.actor, a.ev, a.server, tool
