-- query: uri
-- table: dataset
-- dialect: postgresql mysql mariadb
-- needs: dataset.uri dag_run.execution_date
-- tell: once
SELECT CONCAT(SUBSTRING(uri, 1, 40), '…') AS item FROM dataset WHERE char_length(uri) > 1500

-- query: alias
-- table: dataset_alias
-- dialect: postgresql mysql mariadb
-- needs: dataset_alias.name dag_run.execution_date
-- tell: once
SELECT CONCAT(SUBSTRING(name, 1, 40), '…') AS item FROM dataset_alias WHERE char_length(name) > 1500
