-- query: type
-- table: connection
-- needs: connection.conn_type
-- join: connection_types
SELECT conn_id AS item, conn_type AS value, conn_type AS type FROM connection
