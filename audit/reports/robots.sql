-- title: Robots and what they did
-- read: One row a robot. More keys or addresses than you run it from, and days without any use, are what to ask
--   its owner about.
-- control ISO 27001:2022: A.5.16, A.5.17
-- control PCI DSS 4.0.1: 8.6, 7.2.5
-- control SOC 2: CC6.1, CC6.3
-- control NIST 800-53: IA-9, AC-2
-- views: audit

SELECT
  actor AS robot,
  count(*) FILTER (ev = 'tool.call') AS calls,
  count(*) FILTER (decision = 'deny') AS denied,
  count(*) FILTER (ev = 'tool.call' AND outcome NOT IN ('ok', 'denied')) AS failed,
  count(*) FILTER (ev = 'tool.call' AND risk = 'destructive' AND decision = 'allow') AS destructive,
  count(DISTINCT server) AS servers,
  count(DISTINCT server || '/' || tool) AS tools,
  count(DISTINCT tok) AS keys,
  count(DISTINCT ip) AS addresses,
  count(DISTINCT ts::DATE) AS days_active,
  min(ts) AS first_use,
  max(ts) AS last_use,
  date_diff('day', max(ts), $until::TIMESTAMP) AS idle_days
FROM audit
WHERE actor_type = 'robot'
GROUP BY actor
ORDER BY calls DESC, robot
