-- Counts the records of an evidence pack with DuckDB alone; run it in the pack's folder: duckdb < check.sql
-- One row a file and chain of the log: how many records the manifest says, how many are there. The last statement fails when they differ.

CREATE TEMP TABLE expected AS
SELECT chain.writer, chain.first, chain.last, unnest(chain.files) AS file
FROM (
  SELECT unnest(chains) AS chain
  FROM read_json('manifest.json', columns = {
    chains: 'STRUCT(writer VARCHAR, "first" BIGINT, "last" BIGINT, files STRUCT(path VARCHAR, records BIGINT)[])[]'
  })
);

CREATE TEMP TABLE found AS
SELECT filename AS path, writer, seq
FROM read_json('log/*/*.jsonl*', format = 'newline_delimited', filename = true, ignore_errors = true, records = true,
  columns = {seq: 'BIGINT', writer: 'VARCHAR'})
WHERE seq IS NOT NULL;

CREATE TEMP TABLE verdict AS
WITH counted AS (SELECT path, count(*) AS records, min(seq) AS "first", max(seq) AS "last" FROM found GROUP BY path)
SELECT
  'file ' || coalesce(e.file.path, c.path) AS what, e.file.records AS expected, coalesce(c.records, 0) AS found,
  coalesce(c."last" - c."first" + 1, 0) - coalesce(c.records, 0) AS missing
FROM expected e
FULL JOIN counted c ON c.path = e.file.path
UNION ALL
SELECT 'chain ' || writer, "last" - "first" + 1, records, "last" - "first" + 1 - records
FROM (SELECT DISTINCT writer, "first", "last" FROM expected WHERE "first" IS NOT NULL)
LEFT JOIN (SELECT writer, count(DISTINCT seq) AS records FROM found GROUP BY writer) USING (writer);

FROM verdict ORDER BY what;

SELECT CASE
  WHEN bool_and(expected IS NOT DISTINCT FROM found AND missing IS NOT DISTINCT FROM 0) THEN 'all records are there'
  ELSE error('what is there is not what the manifest says')
END AS result
FROM verdict;
