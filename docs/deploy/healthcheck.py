"""Ask the process in this container whether it answers, as the proxy in front would ask."""

import os
import sys
import urllib.request

request = urllib.request.Request(
    "http://127.0.0.1:8000/healthz",
    headers={"Host": os.environ["ALLOWED_HOSTS"].split(",")[0], "X-Forwarded-Proto": "https"},
)
with urllib.request.urlopen(request, timeout=4) as answer:  # noqa: S310
    sys.exit(answer.status != 200)
