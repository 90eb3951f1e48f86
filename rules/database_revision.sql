-- query: revision
-- table: alembic_version
-- needs: alembic_version.version_num
-- join: database_revisions
SELECT version_num AS item, version_num AS value FROM alembic_version
