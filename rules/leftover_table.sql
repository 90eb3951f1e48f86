-- query: table
-- table: item
-- dialect: postgresql
-- needs: dag_run.execution_date
SELECT tablename AS item,
  CASE
    WHEN tablename = '_xcom_archive' AND NOT EXISTS (
      SELECT 1 FROM information_schema.columns AS c
      WHERE c.table_schema = current_schema() AND c.table_name = '_xcom_archive' AND c.column_name = 'dag_run_id'
    ) THEN 'archive'
    WHEN tablename = '_xcom_archive' THEN 'archived'
    ELSE 'moved'
  END AS value
FROM pg_tables
WHERE schemaname = current_schema() AND (tablename = '_xcom_archive' OR tablename LIKE '_airflow_moved__%' OR tablename LIKE '_airflow_deleted__%')

-- query: table
-- table: item
-- dialect: mysql mariadb
-- needs: dag_run.execution_date
SELECT table_name AS item,
  CASE
    WHEN table_name = '_xcom_archive' AND NOT EXISTS (
      SELECT 1 FROM information_schema.columns AS c
      WHERE c.table_schema = DATABASE() AND c.table_name = '_xcom_archive' AND c.column_name = 'dag_run_id'
    ) THEN 'archive'
    WHEN table_name = '_xcom_archive' THEN 'archived'
    ELSE 'moved'
  END AS value
FROM information_schema.tables
WHERE table_schema = DATABASE() AND (table_name = '_xcom_archive' OR table_name LIKE '_airflow_moved__%' OR table_name LIKE '_airflow_deleted__%')

-- query: table
-- table: item
-- dialect: sqlite
-- needs: dag_run.execution_date
SELECT name AS item,
  CASE
    WHEN name = '_xcom_archive' AND NOT EXISTS (SELECT 1 FROM pragma_table_info('_xcom_archive') AS c WHERE c.name = 'dag_run_id') THEN 'archive'
    WHEN name = '_xcom_archive' THEN 'archived'
    ELSE 'moved'
  END AS value
FROM sqlite_master
WHERE type = 'table' AND (name = '_xcom_archive' OR name LIKE '_airflow_moved__%' OR name LIKE '_airflow_deleted__%')

-- query: sla
-- table: sla_miss
-- needs: dag_run.execution_date sla_miss.dag_id
-- tell: once
SELECT dag_id AS item, count(*) AS amount FROM sla_miss GROUP BY dag_id
