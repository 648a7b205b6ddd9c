#!/bin/bash
# Run by the PostgreSQL image on an empty data volume: the product's account is no superuser,
# so row-level security holds for it.
set -euo pipefail
password=$(cat /run/secrets/database_password)
psql --set ON_ERROR_STOP=1 --set password="$password" --username postgres <<'SQL'
create role tonghu login password :'password';
create database tonghu owner tonghu;
SQL
