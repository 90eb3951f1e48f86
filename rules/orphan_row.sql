-- query: xcom
-- table: xcom
-- dialect: postgresql mysql mariadb
-- needs: dag_run.execution_date xcom.run_id xcom.map_index
-- tell: once
SELECT child.dag_id AS item, count(*) AS amount
FROM xcom AS child
LEFT JOIN task_instance AS parent
  ON parent.dag_id = child.dag_id AND parent.task_id = child.task_id
  AND parent.run_id = child.run_id AND parent.map_index = child.map_index
WHERE parent.dag_id IS NULL
GROUP BY child.dag_id

-- query: task_reschedule
-- table: task_reschedule
-- dialect: postgresql mysql mariadb
-- needs: dag_run.execution_date task_reschedule.run_id task_reschedule.map_index
-- tell: once
SELECT child.dag_id AS item, count(*) AS amount
FROM task_reschedule AS child
LEFT JOIN task_instance AS parent
  ON parent.dag_id = child.dag_id AND parent.task_id = child.task_id
  AND parent.run_id = child.run_id AND parent.map_index = child.map_index
WHERE parent.dag_id IS NULL
GROUP BY child.dag_id

-- query: rendered
-- table: rendered_task_instance_fields
-- dialect: postgresql mysql mariadb
-- needs: dag_run.execution_date rendered_task_instance_fields.run_id rendered_task_instance_fields.map_index
-- tell: once
SELECT child.dag_id AS item, count(*) AS amount
FROM rendered_task_instance_fields AS child
LEFT JOIN task_instance AS parent
  ON parent.dag_id = child.dag_id AND parent.task_id = child.task_id
  AND parent.run_id = child.run_id AND parent.map_index = child.map_index
WHERE parent.dag_id IS NULL
GROUP BY child.dag_id

-- query: task_map
-- table: task_map
-- dialect: postgresql mysql mariadb
-- needs: dag_run.execution_date task_map.run_id task_map.map_index
-- tell: once
SELECT child.dag_id AS item, count(*) AS amount
FROM task_map AS child
LEFT JOIN task_instance AS parent
  ON parent.dag_id = child.dag_id AND parent.task_id = child.task_id
  AND parent.run_id = child.run_id AND parent.map_index = child.map_index
WHERE parent.dag_id IS NULL
GROUP BY child.dag_id

-- query: note
-- table: task_instance_note
-- needs: dag_run.execution_date task_instance_note.run_id task_instance_note.map_index
-- tell: once
SELECT child.dag_id AS item, count(*) AS amount
FROM task_instance_note AS child
LEFT JOIN task_instance AS parent
  ON parent.dag_id = child.dag_id AND parent.task_id = child.task_id
  AND parent.run_id = child.run_id AND parent.map_index = child.map_index
WHERE parent.dag_id IS NULL
GROUP BY child.dag_id

-- query: task_fail
-- table: task_fail
-- dialect: postgresql mysql mariadb
-- needs: dag_run.execution_date task_fail.run_id task_fail.map_index
-- tell: once
SELECT child.dag_id AS item, count(*) AS amount
FROM task_fail AS child
LEFT JOIN task_instance AS parent
  ON parent.dag_id = child.dag_id AND parent.task_id = child.task_id
  AND parent.run_id = child.run_id AND parent.map_index = child.map_index
WHERE parent.dag_id IS NULL
GROUP BY child.dag_id

-- query: history
-- table: task_instance_history
-- needs: dag_run.execution_date task_instance_history.run_id task_instance_history.map_index
-- tell: once
SELECT child.dag_id AS item, count(*) AS amount
FROM task_instance_history AS child
LEFT JOIN task_instance AS parent
  ON parent.dag_id = child.dag_id AND parent.task_id = child.task_id
  AND parent.run_id = child.run_id AND parent.map_index = child.map_index
WHERE parent.dag_id IS NULL
GROUP BY child.dag_id
