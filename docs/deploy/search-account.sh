#!/bin/bash
# A role that reaches the product's own indexes, and an account with that role. Safe to repeat.
set -euo pipefail
send() {
    # The password goes in by a file descriptor, so that no process list shows it.
    curl --silent --show-error --fail-with-body --cacert /certificates/ca/ca.crt \
        --config <(printf 'user = "elastic:%s"\n' "$(cat /run/secrets/elastic_password)") \
        --header 'Content-Type: application/json' \
        --request PUT "https://elasticsearch:9200/_security/$1" --data @-
    echo
}
send role/tonghu <<'JSON'
{"cluster": ["monitor"], "indices": [{"names": ["tonghu_*"], "privileges": ["all"]}]}
JSON
printf '{"password": "%s", "roles": ["tonghu"]}' "$(cat /run/secrets/search_password)" |
    send user/tonghu
