#!/bin/sh
# Runs once, when the database is made: the roles of the reconciler, an owner that is no superuser, and the logins.
# psql reads the passwords itself, so that they stand in no list of arguments.
psql -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d "$POSTGRES_DB" <<'SQL'
\set owner `cat /run/secrets/owner-password`
\set daemon `cat /run/secrets/daemon-password`
\set operator `cat /run/secrets/operator-password`
CREATE ROLE reconciler_daemon NOLOGIN;
CREATE ROLE reconciler_operator NOLOGIN;
CREATE ROLE reconciler_reader NOLOGIN;
CREATE ROLE reconciler_api NOLOGIN;
CREATE ROLE rythmiq_owner LOGIN PASSWORD :'owner';
CREATE ROLE rythmiq_daemon LOGIN PASSWORD :'daemon' IN ROLE reconciler_daemon;
CREATE ROLE rythmiq_operator LOGIN PASSWORD :'operator' IN ROLE reconciler_operator;
ALTER DATABASE :"DBNAME" OWNER TO rythmiq_owner;
SQL
