-- query: plain
-- table: serialized_dag
-- needs: serialized_dag.data serialized_dag.fileloc serialized_dag.processor_subdir dag.is_active
-- keep: content operators
SELECT stored.dag_id AS item, stored.fileloc AS fileloc, stored.processor_subdir AS folder, stored.data AS content
FROM serialized_dag AS stored
JOIN dag ON dag.dag_id = stored.dag_id
WHERE dag.is_active AND stored.data IS NOT NULL

-- query: compressed
-- table: serialized_dag
-- needs: serialized_dag.data_compressed serialized_dag.fileloc serialized_dag.processor_subdir dag.is_active
-- keep: content operators
SELECT stored.dag_id AS item, stored.fileloc AS fileloc, stored.processor_subdir AS folder,
  stored.data_compressed AS content
FROM serialized_dag AS stored
JOIN dag ON dag.dag_id = stored.dag_id
WHERE dag.is_active AND stored.data_compressed IS NOT NULL
