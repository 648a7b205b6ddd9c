#!/bin/bash
# Run by the PostgreSQL image on an empty data volume.  Two accounts, neither a superuser:
# tonghu_owner owns the tables and migrates; tonghu, under which the processes run, owns nothing
# and can neither take down row-level security nor walk past it.
set -euo pipefail
owner=$(cat /run/secrets/owner_password)
password=$(cat /run/secrets/database_password)
psql --set ON_ERROR_STOP=1 --set owner="$owner" --set password="$password" --username postgres <<'SQL'
create role tonghu_owner login password :'owner';
create role tonghu login password :'password';
create database tonghu owner tonghu_owner;
\connect tonghu
alter default privileges for role tonghu_owner in schema public
  grant select, insert, update, delete on tables to tonghu;
alter default privileges for role tonghu_owner in schema public
  grant usage, select on sequences to tonghu;
-- Behind row-level security an index answers only functions that are known to tell nothing of the
-- rows they see. Without this line every search would read every entry in reach.
alter function ts_match_vq(tsvector, tsquery) leakproof;
SQL
