-- query: rows
-- table: item
-- dialect: postgresql
-- needs: dag_run.execution_date
SELECT c.relname AS item, CAST(GREATEST(c.reltuples, s.n_live_tup) AS bigint) AS amount,
  pg_size_pretty(pg_total_relation_size(c.oid)) AS size,
  (SELECT ROUND(100.0 * SUM(CASE WHEN execution_date < CURRENT_TIMESTAMP - INTERVAL '90' DAY THEN 1 ELSE 0 END) / COUNT(*)) FROM dag_run) AS share
FROM pg_class AS c
JOIN pg_stat_user_tables AS s ON s.relid = c.oid
WHERE s.schemaname = current_schema() AND GREATEST(c.reltuples, s.n_live_tup) >= 100000
  AND c.relname IN ('dag_run', 'log', 'rendered_task_instance_fields', 'task_fail', 'task_instance', 'task_instance_history', 'task_reschedule', 'xcom')

-- query: rows
-- table: item
-- dialect: mysql mariadb
-- needs: dag_run.execution_date
SELECT table_name AS item, table_rows AS amount,
  CONCAT(ROUND((data_length + index_length) / 1000000), ' MB') AS size,
  (SELECT ROUND(100.0 * SUM(CASE WHEN execution_date < CURRENT_TIMESTAMP - INTERVAL '90' DAY THEN 1 ELSE 0 END) / COUNT(*)) FROM dag_run) AS share
FROM information_schema.tables
WHERE table_schema = DATABASE() AND table_rows >= 100000
  AND table_name IN ('dag_run', 'log', 'rendered_task_instance_fields', 'task_fail', 'task_instance', 'task_instance_history', 'task_reschedule', 'xcom')
