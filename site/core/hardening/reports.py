"""Where browsers say that a page broke the content policy."""

import json
import logging
import re
from typing import Any
from urllib.parse import urlsplit

from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

logger = logging.getLogger("tonghu.policy")

MOST_BYTES = 8 * 1024
MOST_REPORTS = 20
A_MINUTE = 60
LOGGED_A_MINUTE = 60
KINDS = {"application/csp-report", "application/reports+json", "application/json"}
DIRECTIVE = re.compile(r"[a-z-]{1,40}")
# What stands for a record or a person in an address.
IDENTIFIER = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|\d+|%[0-9A-Fa-f]{2}|[^\x20-\x7e]")


# Browsers send no cookie and no token with a report, and anybody may break a page.
@csrf_exempt
@login_not_required
@require_POST
def policy_report(request: HttpRequest) -> HttpResponse:
    """Log which directive a page broke; keep no word of the page and nothing of the person.

    Answers 204 for a report, 415 for another kind of content, 413 for more than 8 KB, 400 for
    what is no report.  At most 60 a minute are logged, so that nobody fills the disk.
    """
    if request.content_type not in KINDS:
        return HttpResponse(status=415)
    if int(request.headers.get("Content-Length") or 0) > MOST_BYTES:
        return HttpResponse(status=413)
    body = request.read(MOST_BYTES + 1)
    if len(body) > MOST_BYTES:
        return HttpResponse(status=413)
    try:
        found = violations(json.loads(body))
    except (ValueError, RecursionError):
        return HttpResponse(status=400)
    for violation in found[:MOST_REPORTS]:
        if not may_log():
            break
        logger.warning("policy broken: %s %s on %s", *violation)
    return HttpResponse(status=204)


def violations(sent: Any) -> list[tuple[str, str, str]]:
    """Read both shapes browsers send; return directive, what was blocked, and the page.

    Raises:
        ValueError: The JSON is no report.
    """
    reports = sent if isinstance(sent, list) else [sent]
    found = []
    for report in reports:
        body = report.get("csp-report", report.get("body")) if isinstance(report, dict) else None
        if not isinstance(body, dict):
            raise ValueError("no report")
        directive = str(body.get("effective-directive") or body.get("effectiveDirective") or "")
        if not DIRECTIVE.fullmatch(directive):
            raise ValueError("no directive")
        blocked = str(body.get("blocked-uri") or body.get("blockedURL") or "")
        page = str(body.get("document-uri") or body.get("documentURL") or "")
        found.append((directive, blocked_kind(blocked), page_kind(page)))
    return found


def blocked_kind(blocked: str) -> str:
    """Return ``inline``, ``eval`` or the scheme of what was blocked: never its address."""
    if blocked in {"inline", "eval", "self", "trusted-types-sink"}:
        return blocked
    scheme = urlsplit(blocked[:200]).scheme
    return scheme if re.fullmatch(r"[a-z-]{1,20}", scheme) else "other"


def page_kind(page: str) -> str:
    """Return the path of the page with everything that names a record taken out."""
    return IDENTIFIER.sub("#", urlsplit(page[:500]).path)[:120]


def may_log() -> bool:
    """Count one report of this minute; return whether it may still be logged."""
    cache.add("policy-reports", 0, A_MINUTE)
    try:
        return cache.incr("policy-reports") <= LOGGED_A_MINUTE
    except ValueError:
        # The minute ended between the two calls.
        return True
