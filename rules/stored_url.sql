-- query: variable
-- table: variable
-- dialect: postgresql sqlite
-- needs: variable.val variable.is_encrypted
SELECT "key" AS item, CASE WHEN val LIKE '%/api/experimental%' THEN 'experimental' ELSE 'stable' END AS value
FROM variable
WHERE NOT is_encrypted AND (val LIKE '%/api/v1%' OR val LIKE '%/api/experimental%')

-- query: variable
-- table: variable
-- dialect: mysql mariadb
-- needs: variable.val variable.is_encrypted
SELECT `key` AS item, CASE WHEN val LIKE '%/api/experimental%' THEN 'experimental' ELSE 'stable' END AS value
FROM variable
WHERE NOT is_encrypted AND (val LIKE '%/api/v1%' OR val LIKE '%/api/experimental%')

-- query: connection
-- table: connection
-- needs: connection.host connection.extra connection.is_extra_encrypted
SELECT conn_id AS item, CASE
    WHEN host LIKE '%/api/experimental%' OR extra LIKE '%/api/experimental%' THEN 'experimental' ELSE 'stable'
  END AS value
FROM connection
WHERE host LIKE '%/api/v1%' OR host LIKE '%/api/experimental%'
  OR (NOT is_extra_encrypted AND (extra LIKE '%/api/v1%' OR extra LIKE '%/api/experimental%'))
