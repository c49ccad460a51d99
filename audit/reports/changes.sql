-- title: Changes of the policy and its configuration
-- read: One row each time files were put in force or refused, newest first. The commit names the change in your
--   repository, where its author and approval stand; a row without one was never committed.
-- control SOC 2: CC8.1
-- control NIST 800-53: CM-3, CM-5
-- control ISO 27001:2022: A.8.32, A.8.9
-- control PCI DSS 4.0.1: 6.5.1, 10.2.1.5
-- views: audit

SELECT
  ts,
  left(writer, -9) AS gateway,
  CASE ev WHEN 'config.reload' THEN 'changed' WHEN 'config.reject' THEN 'refused' ELSE 'started' END AS what,
  coalesce(detail->'old'->>'hash', CASE ev WHEN 'config.reject' THEN cfg END) AS before,
  CASE WHEN ev <> 'config.reject' THEN cfg END AS now,
  git AS commit_id,
  detail->'old'->>'git' AS commit_before,
  (detail->'added'->>'grants')::BIGINT AS grants_added,
  (detail->'removed'->>'grants')::BIGINT AS grants_removed,
  (detail->'added'->>'rules')::BIGINT AS rules_added,
  (detail->'removed'->>'rules')::BIGINT AS rules_removed,
  detail->'added' AS added,
  detail->'removed' AS removed,
  detail->'problems' AS problems
FROM audit
WHERE ev IN ('config.reload', 'config.reject', 'gateway.start')
ORDER BY ts DESC, writer, seq DESC
