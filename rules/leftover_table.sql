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
    WHEN tablename = 'sla_miss' THEN 'sla'
    ELSE 'moved'
  END AS value
FROM pg_tables
WHERE schemaname = current_schema() AND (tablename IN ('_xcom_archive', 'sla_miss') OR tablename LIKE '_airflow_moved__%' OR tablename LIKE '_airflow_deleted__%')

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
    WHEN table_name = 'sla_miss' THEN 'sla'
    ELSE 'moved'
  END AS value
FROM information_schema.tables
WHERE table_schema = DATABASE() AND (table_name IN ('_xcom_archive', 'sla_miss') OR table_name LIKE '_airflow_moved__%' OR table_name LIKE '_airflow_deleted__%')

-- query: table
-- table: item
-- dialect: sqlite
-- needs: dag_run.execution_date
SELECT name AS item,
  CASE
    WHEN name = '_xcom_archive' AND NOT EXISTS (SELECT 1 FROM pragma_table_info('_xcom_archive') AS c WHERE c.name = 'dag_run_id') THEN 'archive'
    WHEN name = '_xcom_archive' THEN 'archived'
    WHEN name = 'sla_miss' THEN 'sla'
    ELSE 'moved'
  END AS value
FROM sqlite_master
WHERE type = 'table' AND (name IN ('_xcom_archive', 'sla_miss') OR name LIKE '_airflow_moved__%' OR name LIKE '_airflow_deleted__%')
