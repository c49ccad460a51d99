-- title: Use outside working hours
-- read: One row a person who called tools at night or at weekends; share is that part of their calls. On-call
--   people are expected here, others are worth a question.
-- param from integer = 7: The working day begins at this hour
-- param to integer = 19: It ends at this hour
-- param zone text = UTC: Time zone of the hours, as Europe/Berlin
-- control SOC 2: CC7.2
-- control NIST 800-53: AU-6, AC-2(12)
-- control ISO 27001:2022: A.8.16
-- views: calls

WITH local AS (
  SELECT *, ts AT TIME ZONE 'UTC' AT TIME ZONE $zone AS local_ts
  FROM calls
  WHERE actor_type = 'human'
),
marked AS (
  SELECT *, isodow(local_ts) > 5 OR hour(local_ts) < $from OR hour(local_ts) >= $to AS outside
  FROM local
)
SELECT
  actor,
  count(*) FILTER (outside) AS outside_hours,
  count(*) AS calls,
  round(100.0 * count(*) FILTER (outside) / count(*), 1) AS share_percent,
  count(*) FILTER (outside AND risk <> 'read') AS changing,
  count(DISTINCT local_ts::DATE) FILTER (outside) AS days,
  min(local_ts) FILTER (outside) AS first,
  max(local_ts) FILTER (outside) AS last,
  array_to_string(list_sort(list(DISTINCT server || '/' || coalesce(tool, tool_as)) FILTER (outside))[:5], ' ') AS tools
FROM marked
GROUP BY actor
HAVING count(*) FILTER (outside) > 0
ORDER BY outside_hours DESC, actor
