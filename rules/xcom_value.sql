-- query: pickled
-- table: xcom
-- dialect: postgresql
-- needs: dag_run.execution_date xcom.value
-- tell: once
SELECT dag_id AS item, count(*) AS amount
FROM xcom
WHERE encode(substring(value FROM 1 FOR 1), 'hex') = '80'
GROUP BY dag_id

-- query: pickled
-- table: xcom
-- dialect: mysql mariadb
-- needs: dag_run.execution_date xcom.value
-- tell: once
SELECT dag_id AS item, count(*) AS amount
FROM xcom
WHERE hex(substr(value, 1, 1)) = '80'
GROUP BY dag_id

-- query: not_json
-- table: xcom
-- dialect: postgresql
-- needs: dag_run.execution_date xcom.value
-- tell: once
-- keep: content not_json
SELECT dag_id AS item, value AS content
FROM xcom
WHERE value IS NOT NULL
  AND encode(substring(value FROM 1 FOR 1), 'hex') <> '80'
  AND encode(value, 'escape') !~ '^("[^"\\]*"|-?[1-9][0-9]{0,14}|true|false|null)$'

-- query: not_json
-- table: xcom
-- dialect: mysql mariadb
-- needs: dag_run.execution_date xcom.value
-- tell: once
-- keep: content not_json
SELECT dag_id AS item, value AS content
FROM xcom
WHERE value IS NOT NULL
  AND hex(substr(value, 1, 1)) <> '80'
  AND (
    NOT COALESCE(JSON_VALID(CONVERT(value USING utf8mb4)), 0)
    OR CONVERT(CONVERT(value USING utf8mb4) USING binary) <> value
  )

-- query: nan
-- table: xcom
-- dialect: postgresql
-- needs: dag_run.execution_date xcom.value
-- tell: once
-- keep: content nan_json
SELECT dag_id AS item, value AS content
FROM xcom
WHERE value IS NOT NULL AND encode(value, 'escape') ~ 'NaN|Infinity'

-- query: nan
-- table: xcom
-- dialect: mysql mariadb
-- needs: dag_run.execution_date xcom.value
-- tell: once
-- keep: content nan_json
SELECT dag_id AS item, value AS content
FROM xcom
WHERE value LIKE '%NaN%' OR value LIKE '%Infinity%'

-- query: nul
-- table: xcom
-- dialect: postgresql
-- needs: dag_run.execution_date xcom.value
-- tell: once
-- keep: content nul_json
SELECT dag_id AS item, value AS content
FROM xcom
WHERE value IS NOT NULL AND encode(value, 'escape') ~ 'u0000'
