-- title: Tools that changed since their review
-- read: One row a tool and way it differs from the lock. Those of a severe grade that were not hidden reached the
--   models: read the differences, then review and lock the tool anew.
-- control SOC 2: CC7.1, CC9.2
-- control NIST 800-53: CM-3, SR-11
-- control ISO 27001:2022: A.5.21, A.8.9
-- views: audit

SELECT
  server,
  tool,
  risk,
  detail->>'kind' AS kind,
  detail->>'grade' AS grade,
  (detail->>'hidden')::BOOLEAN AS hidden,
  count(*) AS seen,
  min(ts) AS first,
  max(ts) AS last,
  left(detail->>'sha256', 16) AS definition,
  arg_max(detail->'differences', ts) AS differences
FROM audit
WHERE ev = 'tool.drift'
GROUP BY server, tool, risk, detail->>'kind', detail->>'grade', (detail->>'hidden')::BOOLEAN, left(detail->>'sha256', 16)
ORDER BY last DESC, server, tool
