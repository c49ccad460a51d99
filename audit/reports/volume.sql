-- title: Unusual amounts
-- read: One row a caller and day with far more calls than on their days before: score is how many standard
--   deviations above the mean. Days without calls count as zero.
-- param score number = 3: Report from so many standard deviations above the mean of up to 28 days before
-- param least integer = 20: Report only days with so many calls
-- control SOC 2: CC7.2
-- control NIST 800-53: AU-6, SI-4
-- control ISO 27001:2022: A.8.16
-- views: calls

WITH counted AS (
  SELECT actor, actor_type, ts::DATE AS day, count(*) AS calls
  FROM calls
  GROUP BY ALL
),
days AS (
  SELECT unnest(generate_series(min(day)::TIMESTAMP, max(day)::TIMESTAMP, INTERVAL 1 DAY))::DATE AS day
  FROM counted
),
callers AS (
  SELECT actor, actor_type, min(day) AS since
  FROM counted
  GROUP BY ALL
),
daily AS (
  SELECT c.actor, c.actor_type, d.day, coalesce(n.calls, 0) AS calls
  FROM callers AS c
  JOIN days AS d ON d.day >= c.since
  LEFT JOIN counted AS n ON n.actor IS NOT DISTINCT FROM c.actor AND n.actor_type IS NOT DISTINCT FROM c.actor_type AND n.day = d.day
),
scored AS (
  SELECT *, avg(calls) OVER before AS mean, stddev_samp(calls) OVER before AS deviation, count(*) OVER before AS days_before
  FROM daily
  WINDOW before AS (PARTITION BY actor, actor_type ORDER BY day ROWS BETWEEN 28 PRECEDING AND 1 PRECEDING)
)
SELECT
  day,
  actor,
  actor_type AS kind,
  calls,
  round(mean, 1) AS usual,
  round((calls - mean) / greatest(deviation, 1), 1) AS score,
  days_before
FROM scored
WHERE calls >= $least AND days_before >= 7 AND (calls - mean) / greatest(deviation, 1) >= $score
ORDER BY score DESC, day DESC, actor
