-- title: What the policy grants
-- read: One row a grant and known tool: for whom, by which role, until when, and what guardrails take away again.
--   Tools are known from the lock; a server without one has none here.
-- control SOC 2: CC6.1, CC6.3
-- control NIST 800-53: AC-2, AC-3
-- control ISO 27001:2022: A.5.15, A.5.18
-- control PCI DSS 4.0.1: 7.2.1, 7.2.4
-- views: entitlements

SELECT subject, server, tool, class, role, starts, until, left_by_guardrails, guardrails, why, ticket, granted_in, allowed_in
FROM entitlements
ORDER BY subject, server, tool
