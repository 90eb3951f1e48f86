-- query: history
-- table: task_instance
-- dialect: sqlite
-- needs: dag_run.execution_date
SELECT 'sqlite' AS item, count(*) AS amount FROM task_instance HAVING count(*) > 0

-- query: postgresql
-- table: *
-- dialect: postgresql
SELECT current_setting('server_version') AS item,
  CAST(current_setting('server_version_num') AS integer) / 10000 AS value

-- query: mysql
-- table: *
-- dialect: mysql
SELECT VERSION() AS item, SUBSTRING_INDEX(VERSION(), '.', 2) AS value

-- query: mariadb
-- table: *
-- dialect: mariadb
SELECT VERSION() AS item

-- query: functions
-- table: *
-- dialect: postgresql
-- needs: dag_run.execution_date
SELECT tableowner AS item
FROM pg_tables
WHERE schemaname = current_schema() AND tablename = 'dag_run'
  AND NOT has_schema_privilege(tableowner, schemaname, 'CREATE')

-- query: functions
-- table: *
-- dialect: mysql mariadb
-- needs: dag_run.execution_date
SELECT CURRENT_USER() AS item
WHERE (
    EXISTS (SELECT 1 FROM information_schema.user_privileges WHERE privilege_type = 'INSERT')
    OR EXISTS (
      SELECT 1 FROM information_schema.schema_privileges
      WHERE privilege_type = 'INSERT' AND DATABASE() LIKE table_schema
    )
  ) AND NOT EXISTS (
    SELECT 1 FROM information_schema.user_privileges WHERE privilege_type = 'CREATE ROUTINE'
  ) AND NOT EXISTS (
    SELECT 1 FROM information_schema.schema_privileges
    WHERE privilege_type = 'CREATE ROUTINE' AND DATABASE() LIKE table_schema
  )

-- query: binary_log
-- table: *
-- dialect: mysql mariadb
-- needs: dag_run.execution_date
SELECT CURRENT_USER() AS item
WHERE (
    EXISTS (SELECT 1 FROM information_schema.user_privileges WHERE privilege_type = 'INSERT')
    OR EXISTS (
      SELECT 1 FROM information_schema.schema_privileges
      WHERE privilege_type = 'INSERT' AND DATABASE() LIKE table_schema
    )
  ) AND @@log_bin = 1 AND @@log_bin_trust_function_creators = 0
  AND NOT EXISTS (SELECT 1 FROM information_schema.user_privileges WHERE privilege_type = 'SUPER')
