-- query: extra
-- table: connection
-- needs: connection.extra connection.is_extra_encrypted
-- keep: content not_object
SELECT conn_id AS item, extra AS content
FROM connection
WHERE extra IS NOT NULL AND extra <> '' AND NOT is_extra_encrypted

-- query: encrypted
-- table: connection
-- needs: connection.extra connection.is_extra_encrypted
-- tell: once
SELECT conn_id AS item FROM connection WHERE extra IS NOT NULL AND extra <> '' AND is_extra_encrypted
