#!/bin/sh
# Run once before the processes start: tables, cache table, static files, roles.
set -eu
python manage.py migrate --no-input
python manage.py createcachetable
python manage.py collectstatic --no-input --verbosity 0
python manage.py load_reference
