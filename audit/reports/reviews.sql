-- title: Who reviewed the log, day by day
-- read: One row a day with records. whole is false for days that nobody has signed off from their beginning to
--   their end with gatehouse audit review, sign-offs made after the period included; late_days counts from the end of the day to the first
--   who looked at it.
-- control PCI DSS 4.0.1: 10.4.1, 10.4.3
-- control NIST 800-53: AU-6
-- control ISO 27001:2022: A.8.15
-- control SOC 2: CC7.2
-- views: audit, reviews

WITH days AS (
  SELECT ts::DATE AS day, count(*) AS records
  FROM audit
  WHERE ev NOT LIKE 'audit.%'
  GROUP BY ts::DATE
),
ordered AS (
  SELECT *, max(until) OVER (ORDER BY since, until ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS reached
  FROM reviews
),
numbered AS (
  SELECT since, until, count(*) FILTER (reached IS NULL OR since > reached) OVER (ORDER BY since, until) AS stretch
  FROM ordered
),
stretches AS (
  SELECT min(since) AS since, max(until) AS until
  FROM numbered
  GROUP BY stretch
)
SELECT
  d.day,
  d.records,
  EXISTS (FROM stretches AS s WHERE s.since <= d.day AND s.until >= d.day + INTERVAL 1 DAY) AS whole,
  list_sort(list(DISTINCT r.actor) FILTER (r.actor IS NOT NULL)) AS reviewed_by,
  min(r.ts) AS reviewed,
  CASE WHEN min(r.ts) IS NOT NULL THEN greatest(0, date_diff('day', d.day + INTERVAL 1 DAY, min(r.ts))) END AS late_days,
  list_sort(list_distinct(flatten(list(r.reports) FILTER (r.reports IS NOT NULL)))) AS reports,
  list_sort(list(DISTINCT r.note) FILTER (r.note IS NOT NULL)) AS notes
FROM days AS d
LEFT JOIN reviews AS r ON r.since < d.day + INTERVAL 1 DAY AND r.until > d.day
GROUP BY d.day, d.records
ORDER BY d.day DESC
