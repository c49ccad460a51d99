-- title: Who may call a tool
-- read: One row a grant that gives the tool. left_by_guardrails says whether all, some or nobody of those it is
--   for keep it. With --as-of DATE it answers for the policy that was in force then.
-- param tool text = "*": SERVER/TOOL, where * is any run of characters and ? any one
-- control SOC 2: CC6.1
-- control NIST 800-53: AC-2, AC-3
-- control ISO 27001:2022: A.5.15
-- control PCI DSS 4.0.1: 7.2.1
-- views: entitlements

SELECT server, tool, class, subject, role, starts, until, left_by_guardrails, guardrails, why, ticket, granted_in
FROM entitlements
WHERE server || '/' || tool GLOB $tool
ORDER BY server, tool, subject
