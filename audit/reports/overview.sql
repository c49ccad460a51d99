-- title: Overview
-- read: The period at a glance, for people. Each number can be followed up with another report: denied, privileged,
--   access-review, robots, changes, logging-health. A column is a day, or a week that begins on it when there are
--   calls over more than 120 days.
-- control SOC 2: CC7.2
-- control PCI DSS 4.0.1: 10.4.1
-- control NIST 800-53: AU-6, AU-7
-- control ISO 27001:2022: A.8.15, A.8.16
-- chart figures figures: In numbers
-- chart days columns: Calls over time, by outcome
-- chart callers columns: Calls over time, by people and robots
-- chart tools bars: Most used tools, in calls
-- chart refusals bars: Refusals, by rule or reason
-- chart times groups: Time to answer in milliseconds, by server
-- views: calls, denied, audit

WITH span AS (
  SELECT CASE WHEN max(ts) - min(ts) > INTERVAL 120 DAY THEN 'week' ELSE 'day' END AS step
  FROM calls
),
c AS (
  SELECT
    *,
    strftime(date_trunc((SELECT step FROM span), ts), '%Y-%m-%d') AS day,
    server || '/' || coalesce(tool, tool_as) AS full_name,
    CASE outcome WHEN 'ok' THEN 'answered' WHEN 'denied' THEN 'refused' WHEN 'tool_error' THEN 'tool error' ELSE 'other failure' END AS ending
  FROM calls
),
gaps AS (
  SELECT strftime(every, '%Y-%m-%d') AS day
  FROM (
    SELECT unnest(generate_series(min(day)::TIMESTAMP, max(day)::TIMESTAMP, CASE (SELECT step FROM span) WHEN 'week' THEN INTERVAL 7 DAY ELSE INTERVAL 1 DAY END)) AS every
    FROM c
  )
  WHERE strftime(every, '%Y-%m-%d') NOT IN (SELECT day FROM c)
),
figures AS (
  SELECT unnest([
    {'place': 1, 'label': 'tool calls', 'value': count(*)},
    {'place': 2, 'label': 'of them refused', 'value': count(*) FILTER (outcome = 'denied')},
    {'place': 3, 'label': 'of them failed', 'value': count(*) FILTER (outcome NOT IN ('ok', 'denied'))},
    {'place': 4, 'label': 'destructive and allowed', 'value': count(*) FILTER (risk = 'destructive' AND decision = 'allow')},
    {'place': 5, 'label': 'people', 'value': count(DISTINCT actor) FILTER (actor_type = 'human')},
    {'place': 6, 'label': 'robots', 'value': count(DISTINCT actor) FILTER (actor_type = 'robot')},
    {'place': 7, 'label': 'tools used', 'value': count(DISTINCT full_name) FILTER (decision = 'allow')},
    {'place': 8, 'label': 'credentials refused', 'value': (SELECT coalesce(sum(1 + coalesce((detail->>'unrecorded')::BIGINT, 0)), 0) FROM audit WHERE ev = 'auth.fail')},
    {'place': 9, 'label': 'policy reloads', 'value': (SELECT count(*) FROM audit WHERE ev = 'config.reload')}
  ], recursive := true)
  FROM c
),
tools AS (
  SELECT full_name AS label, count(*) AS value
  FROM c
  WHERE decision = 'allow'
  GROUP BY ALL
  ORDER BY value DESC, label
  LIMIT 10
),
refusals AS (
  SELECT label, sum(times) AS value
  FROM (
    SELECT coalesce(rule, why, 'unknown') AS label, 1 AS times FROM denied
    UNION ALL SELECT 'credentials, reason not kept', (detail->>'unrecorded')::BIGINT FROM denied WHERE detail->>'unrecorded' IS NOT NULL
  )
  GROUP BY ALL
  ORDER BY value DESC, label
  LIMIT 10
),
times AS (
  SELECT
    server AS label,
    unnest([1, 2, 3]) AS place,
    unnest(['half within (p50)', '95 of 100 within (p95)', '99 of 100 within (p99)']) AS series,
    unnest(quantile_cont(dur_ms, [0.5, 0.95, 0.99])) AS value,
    count(*) AS calls
  FROM c
  WHERE decision = 'allow' AND dur_ms IS NOT NULL AND server IS NOT NULL
  GROUP BY server
  ORDER BY calls DESC, label
  LIMIT 24
),
parts AS (
  SELECT 1 AS part, 'figures' AS chart, place, label, '' AS series, value::DOUBLE AS value FROM figures
  UNION ALL SELECT 2, 'days', 0, day, ending, count(*) FROM c GROUP BY ALL
  UNION ALL SELECT 3, 'callers', 0, day, CASE actor_type WHEN 'human' THEN 'people' WHEN 'robot' THEN 'robots' ELSE 'other' END, count(*) FROM c GROUP BY ALL
  UNION ALL SELECT 2, 'days', 0, day, 'answered', 0 FROM gaps
  UNION ALL SELECT 3, 'callers', 0, day, 'people', 0 FROM gaps
  UNION ALL SELECT 4, 'tools', -value, label, '', value FROM tools
  UNION ALL SELECT 5, 'refusals', -value, label, '', value FROM refusals
  UNION ALL SELECT 6, 'times', place, label, series, round(value, 1) FROM times
)
SELECT chart, label, series, value
FROM parts
ORDER BY part, CASE WHEN chart IN ('days', 'callers', 'times') THEN label END, place, label, series
