-- title: Health of the log itself
-- read: One row a start of a gateway, or a day of somebody's commands, whose name ends in cli. missing, lost, refused
--   and full should be 0, and ended_with gateway.stop for all gateways but the running one; silence is the longest time
--   without a record. clock is what the machine's time service said at the start. Run audit verify for the proof.
-- control NIST 800-53: AU-5, AU-6
-- control PCI DSS 4.0.1: 10.7, 10.2.1.6, 10.3
-- control SOC 2: CC7.2
-- control ISO 27001:2022: A.8.15, A.8.17
-- views: audit

WITH spaced AS (
  SELECT *, ts - lag(ts) OVER (PARTITION BY writer ORDER BY seq) AS gap
  FROM audit
)
SELECT
  left(writer, -9) AS gateway,
  writer,
  min(ts) AS first,
  max(ts) AS last,
  count(*) AS records,
  max(seq) - min(seq) + 1 - count(DISTINCT seq) AS missing,
  coalesce(sum((detail->>'lost')::BIGINT) FILTER (ev = 'audit.gap'), 0) AS lost,
  coalesce(sum((detail->>'refused')::BIGINT) FILTER (ev = 'audit.recover'), 0) AS refused,
  count(*) FILTER (ev = 'audit.full') AS disk_full,
  count(*) FILTER (ev = 'tool.call' AND outcome = 'unknown') AS unknown_outcomes,
  coalesce(sum((detail->>'unrecorded')::BIGINT) FILTER (ev = 'auth.fail'), 0) AS noise_left_out,
  max(gap) AS silence,
  any_value(detail->'clock'->>'synchronized') FILTER (ev = 'gateway.start') AS clock_synchronized,
  any_value((detail->'clock'->>'offset_ms')::DOUBLE) FILTER (ev = 'gateway.start') AS clock_offset_ms,
  arg_max(ev, seq) AS ended_with
FROM spaced
GROUP BY writer
ORDER BY first DESC, writer
