-- query: subdag
-- table: dag
-- needs: dag.is_subdag dag.root_dag_id
SELECT dag_id AS item, root_dag_id AS root FROM dag WHERE is_subdag
