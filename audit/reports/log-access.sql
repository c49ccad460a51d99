-- title: Who read the log
-- read: One row a user of the operating system, host and command. Statements are kept as their hash only. Somebody
--   who copied the files themselves is not here: the operating system's own log tells that.
-- control PCI DSS 4.0.1: 10.2.1.3
-- control NIST 800-53: AU-9(4), AU-6
-- control SOC 2: CC6.1
-- control ISO 27001:2022: A.8.15
-- views: audit

SELECT
  actor AS os_user,
  detail->>'host' AS host,
  detail->>'command' AS command,
  count(*) AS times,
  count(DISTINCT detail->>'sql_sha256') AS statements,
  sum((detail->>'rows')::BIGINT) AS rows_read,
  count(*) FILTER (outcome <> 'ok') AS failed,
  min(ts) AS first,
  max(ts) AS last
FROM audit
WHERE ev = 'audit.read'
GROUP BY actor, detail->>'host', detail->>'command'
ORDER BY last DESC, os_user, host, command
