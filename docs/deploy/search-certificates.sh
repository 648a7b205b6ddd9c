#!/bin/bash
# One authority and one certificate for the search node, made on the first start.
set -euo pipefail
cd /certificates
[ -f elasticsearch/elasticsearch.crt ] && exit 0
work=$(mktemp -d)
/usr/share/elasticsearch/bin/elasticsearch-certutil ca --silent --pem --days 3650 --out "$work/ca.zip"
unzip -q "$work/ca.zip" -d "$work"
/usr/share/elasticsearch/bin/elasticsearch-certutil cert --silent --pem --days 3650 \
    --name elasticsearch --dns elasticsearch --dns localhost --ip 127.0.0.1 \
    --ca-cert "$work/ca/ca.crt" --ca-key "$work/ca/ca.key" --out "$work/node.zip"
unzip -q "$work/node.zip" -d "$work"
# The authority's own key is not kept: nobody needs a second certificate of it.
mkdir -p ca elasticsearch
cp "$work/ca/ca.crt" ca/
cp "$work"/elasticsearch/elasticsearch.* elasticsearch/
chown -R 1000:0 .
find . -type d -exec chmod 755 {} +
find . -name '*.crt' -exec chmod 644 {} +
find . -name '*.key' -exec chmod 600 {} +
