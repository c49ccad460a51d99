-- title: Use of powerful tools
-- read: One row a call of a tool of the class, newest first. Ask for those without a ticket and at odd times; an
--   outcome of unknown means that the gateway stopped before the server answered.
-- param class text = destructive: The class of tools: destructive, write or read
-- control PCI DSS 4.0.1: 10.2.1.2
-- control NIST 800-53: AC-6(9), AU-12
-- control SOC 2: CC6.1, CC7.2
-- control ISO 27001:2022: A.8.2, A.8.15
-- views: calls

SELECT ts, actor, actor_type AS kind, server, tool, risk, decision, outcome, ticket, rule, why, ip, writer, seq
FROM calls
WHERE risk = $class
ORDER BY ts DESC, writer, seq DESC
