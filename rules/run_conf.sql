-- query: conf
-- table: dag_run
-- needs: dag_run.execution_date dag_run.conf
-- tell: once
-- keep: content unfit_pickle
SELECT dag_id AS item, conf AS content FROM dag_run WHERE conf IS NOT NULL
