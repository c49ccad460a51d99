-- title: Changes of the policy, and who had a part in them
-- read: One row a commit or merge each time files were put in force or refused, newest first. Ask about rows where
--   second_person or as_committed is false, and changes without a commit_id: one person alone, files that differ
--   from their commit, files never committed. added and removed count grants, rules and the like of the whole change,
--   whose commits stand together. Names, and approvals in messages, are what authors typed, unless signature is good.
-- optional file approvals (request text, approver text): CSV with a header line: pull requests and who approved them
-- control SOC 2: CC8.1
-- control NIST 800-53: CM-3, CM-5
-- control ISO 27001:2022: A.8.32, A.8.9
-- control PCI DSS 4.0.1: 6.5.1, 10.2.1.5
-- views: audit, commits

WITH approved AS (
  SELECT request, list(DISTINCT approver) AS approvers
  FROM approvals
  WHERE trim(approver) <> ''
  GROUP BY request
),
-- Nobody approves what they wrote. Authors are "Name <address>"; a forge calls them by any of it, or by what stands
-- before the @, without the number that GitHub puts before it.
told AS (
  SELECT
    c.*,
    p.approvers,
    flatten(list_transform(c.authors, lambda a: [
      lower(trim(regexp_extract(a, '^[^<]*'))),
      lower(regexp_extract(a, '<([^>]*)', 1)),
      lower(regexp_extract(a, '<(?:[0-9]+[+])?([^@>]*)', 1))
    ])) AS author_names,
    list_transform(p.approvers, lambda a: lower(ltrim(regexp_replace(trim(a), '^.*<(.*)>$', '\1'), '@'))) AS approver_names
  FROM commits AS c
  LEFT JOIN approved AS p USING (request)
)
SELECT
  a.ts,
  left(a.writer, -9) AS gateway,
  CASE
    WHEN a.ev = 'config.reject' THEN 'refused'
    WHEN c.before = a.cfg THEN 'started'
    WHEN c.before IS NULL THEN 'first start'
    WHEN c.back THEN 'put back'
    WHEN c.commit_id = c.before_commit THEN 'edited'
    ELSE 'changed'
  END AS what,
  CASE WHEN c.before IS DISTINCT FROM a.cfg THEN c.commit_id END AS commit_id,
  c.subject,
  c.authors,
  CASE WHEN c.authors IS NOT NULL THEN list_concat(c.approved_by, c.approvers) END AS approved_by,
  c.merged_by,
  c.second_person OR NOT coalesce(list_has_all(c.author_names, c.approver_names), true) AS second_person,
  c.request,
  c.signature,
  c.signed_by,
  c.as_committed,
  c.committed,
  coalesce(c.before, CASE a.ev WHEN 'config.reject' THEN a.cfg END) AS before,
  CASE WHEN a.ev <> 'config.reject' THEN a.cfg END AS now,
  a.detail->'added' AS added,
  a.detail->'removed' AS removed,
  a.detail->'problems' AS problems,
  c.told_by
FROM audit AS a
LEFT JOIN told AS c USING (writer, seq)
WHERE a.ev IN ('config.reload', 'config.reject', 'gateway.start')
ORDER BY a.ts DESC, a.writer, a.seq DESC, c.place DESC
