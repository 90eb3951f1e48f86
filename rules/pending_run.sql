-- query: task
-- table: task_instance
-- dialect: postgresql mysql mariadb
-- needs: dag_run.execution_date task_instance.state
-- tell: once
SELECT dag_id AS item, state AS value, count(*) AS amount
FROM task_instance
WHERE state IN ('running', 'queued', 'scheduled', 'restarting', 'deferred', 'up_for_reschedule', 'up_for_retry')
GROUP BY dag_id, state

-- query: future
-- table: dag_run
-- needs: dag_run.execution_date
-- tell: once
SELECT dag_id AS item, count(*) AS amount
FROM dag_run
WHERE state = 'queued' AND execution_date > CURRENT_TIMESTAMP
GROUP BY dag_id

-- query: twice
-- table: dag_run
-- needs: dag_run.execution_date
-- tell: once
SELECT dag_id AS item, count(*) - 1 AS amount
FROM dag_run
GROUP BY dag_id, execution_date
HAVING count(*) > 1
