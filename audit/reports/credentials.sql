-- title: Credentials in use
-- read: One row a credential: keys and tokens that callers showed, and those the gateway presented to servers. Ids
--   only, never a secret. first_use is its least age: rotate what is old, remove what is idle.
-- control ISO 27001:2022: A.5.16, A.5.17
-- control PCI DSS 4.0.1: 8.3.9, 8.6.3
-- control NIST 800-53: IA-5
-- control SOC 2: CC6.1
-- views: audit

WITH shown AS (
  SELECT 'from a caller' AS direction, coalesce(tok, '') AS id, auth AS method, actor AS used_by, ts, ip, ev, outcome
  FROM audit
  WHERE tok IS NOT NULL AND actor_type IS DISTINCT FROM 'anonymous'
),
presented AS (
  SELECT 'to a server' AS direction, cred AS id, 'configured' AS method, server AS used_by, ts, ip, ev, outcome
  FROM audit
  WHERE cred IS NOT NULL
)
SELECT
  direction,
  id,
  method,
  used_by,
  count(*) AS uses,
  count(*) FILTER (ev LIKE 'cred.%') AS failures,
  count(DISTINCT ip) AS addresses,
  min(ts) AS first_use,
  max(ts) AS last_use,
  date_diff('day', min(ts), $until::TIMESTAMP) AS age_days,
  date_diff('day', max(ts), $until::TIMESTAMP) AS idle_days
FROM (FROM shown UNION ALL FROM presented)
GROUP BY direction, id, method, used_by
ORDER BY direction, age_days DESC, id, used_by
