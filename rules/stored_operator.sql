-- query: plain
-- table: serialized_dag
-- needs: serialized_dag.data serialized_dag.fileloc serialized_dag.processor_subdir dag.is_active
-- keep: content operators
SELECT serialized.dag_id AS item, serialized.fileloc AS fileloc, serialized.processor_subdir AS folder, serialized.data AS content
FROM serialized_dag AS serialized
JOIN dag ON dag.dag_id = serialized.dag_id
WHERE dag.is_active AND serialized.data IS NOT NULL

-- query: compressed
-- table: serialized_dag
-- needs: serialized_dag.data_compressed serialized_dag.fileloc serialized_dag.processor_subdir dag.is_active
-- keep: content operators
SELECT serialized.dag_id AS item, serialized.fileloc AS fileloc, serialized.processor_subdir AS folder,
  serialized.data_compressed AS content
FROM serialized_dag AS serialized
JOIN dag ON dag.dag_id = serialized.dag_id
WHERE dag.is_active AND serialized.data_compressed IS NOT NULL
