-- The database's roles; each PostgreSQL container runs this once, on an empty volume. The passwords come from its
-- environment. By hand on another server:  psql --dbname main --file roles.sql  as its superuser, then for keys.
\getenv owner_password OWNER_PASSWORD
\getenv web_password WEB_PASSWORD
\getenv worker_password WORKER_PASSWORD
\getenv backup_password BACKUP_PASSWORD

-- Owns every table and trigger; migrate and restore work as this role, and nothing that runs all day.
CREATE ROLE intake_owner LOGIN PASSWORD :'owner_password';
CREATE ROLE intake_web LOGIN PASSWORD :'web_password';
CREATE ROLE intake_worker LOGIN PASSWORD :'worker_password';
-- Reads everything and changes nothing.
CREATE ROLE intake_backup LOGIN PASSWORD :'backup_password';
GRANT pg_read_all_data TO intake_backup;

ALTER DATABASE :"DBNAME" OWNER TO intake_owner;
REVOKE ALL ON DATABASE :"DBNAME" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"DBNAME" TO intake_web, intake_worker, intake_backup;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO intake_web, intake_worker;

-- Rows, and no more: no TRUNCATE, no trigger, no table of their own. By default, so that every table that a migration or
-- a restore makes is covered. The two have the same rows; what parts them is the worker's key, which no database holds.
ALTER DEFAULT PRIVILEGES FOR ROLE intake_owner IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO intake_web, intake_worker;
ALTER DEFAULT PRIVILEGES FOR ROLE intake_owner IN SCHEMA public
    GRANT USAGE, SELECT ON SEQUENCES TO intake_web, intake_worker;

-- The night's task takes deleted keys off the disk by VACUUM (privacy/tasks.py); a table cannot be changed by it.
ALTER DEFAULT PRIVILEGES FOR ROLE intake_owner IN SCHEMA public GRANT MAINTAIN ON TABLES TO intake_worker;
