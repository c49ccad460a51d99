-- title: Granted and not used
-- read: One row a grant and tool that nobody it is for has called for so many days. Removing it takes nothing from
--   anybody's work, unless finding is "not known yet": then the log, or the period asked about, is shorter than that and
--   nearly everything is here. gatehouse audit trim writes the patch that removes, refuses while it is not known,
--   and leaves what was granted only within these days, which is here as well.
-- param days integer = 60: Unused for so many days, counted back from the end of the period
-- control NIST 800-53: AC-2(3), AC-6(7)
-- control SOC 2: CC6.3
-- control ISO 27001:2022: A.5.18, A.8.2
-- views: entitlements, calls, audit

WITH used AS (
  SELECT server, tool, actor, actor_type, groups, max(ts) AS last_use, count(*) AS calls
  FROM calls
  WHERE decision = 'allow'
  GROUP BY ALL
),
log AS (
  SELECT coalesce(date_sub('day', min(ts), $until::TIMESTAMP), 0) AS observed_days
  FROM audit
)
SELECT
  CASE
    WHEN any_value(log.observed_days) >= $days THEN 'not used in ' || $days || ' days'
    ELSE 'not known yet: only ' || any_value(log.observed_days) || ' of ' || $days || ' days are in the log'
  END AS finding,
  e.subject,
  e.role,
  e.server,
  e.tool,
  e.class,
  max(u.last_use) AS last_use,
  date_diff('day', max(u.last_use), $until::TIMESTAMP) AS idle_days,
  coalesce(sum(u.calls), 0) AS calls,
  any_value(log.observed_days) AS observed_days,
  e.until,
  e.granted_in
FROM entitlements AS e
CROSS JOIN log
LEFT JOIN used AS u
  ON u.server = e.server AND u.tool = e.tool
  AND CASE e.kind
    WHEN 'everyone' THEN true
    WHEN 'users' THEN u.actor_type = 'human'
    WHEN 'robots' THEN u.actor_type = 'robot'
    WHEN 'user' THEN u.actor_type = 'human' AND u.actor = e.name
    WHEN 'robot' THEN u.actor_type = 'robot' AND u.actor = e.name
    ELSE u.actor_type = 'human' AND (list_contains(e.members, u.actor) OR list_has_any(e.claims, u.groups))
  END
WHERE e.starts IS NULL OR e.starts <= $until::TIMESTAMP
GROUP BY e.subject, e.role, e.server, e.tool, e.class, e.until, e.granted_in
HAVING max(u.last_use) IS NULL OR max(u.last_use) < $until::TIMESTAMP - to_days($days::INTEGER)
ORDER BY e.subject, e.server, e.tool
