"""Factories of consents, requests, blocks and holds."""

from datetime import date
from typing import Any

from django.conf import settings

from caseadmin.rights.enums import BlockGround, HoldGround, Relation, RequestKind
from caseadmin.rights.models import ConsentRecord, ContactBlock, LegalHold, SubjectRequest
from caseadmin.rights.services import receive_request, save_entry
from core.privacy.models import Purpose
from core.privacy.services import load_privacy, read_privacy


def load_rules() -> None:
    """Load purposes and retention rules as a deployment has them."""
    load_privacy(read_privacy(settings.ROOT / "fixtures" / "privacy.json"))


def a_request(child: Any, actor: Any, **more: Any) -> SubjectRequest:
    """The father of the child asks for a copy."""
    said = {
        "kind": RequestKind.COPY,
        "requester_name": "赵建国",
        "requester_relation": Relation.FATHER,
        "requester_phone": "19900000021",
        "received_on": date(2026, 11, 2),
    }
    return receive_request(
        subject_request=SubjectRequest(child_file=child, **{**said, **more}), actor=actor
    )


def a_block(child: Any, actor: Any, **more: Any) -> ContactBlock:
    said = {
        "full_name": "赵建国",
        "ground": BlockGround.SUSPECTED,
        "explanation": "邻居多次听到哭喊",
        "starts_on": date(2026, 10, 1),
    }
    block: ContactBlock = save_entry(
        row=ContactBlock(child_file=child, **{**said, **more}), actor=actor
    )
    return block


def a_hold(actor: Any, **more: Any) -> LegalHold:
    said = {"ground": HoldGround.LITIGATION, "starts_on": date(2026, 10, 1)}
    hold: LegalHold = save_entry(row=LegalHold(**{**said, **more}), actor=actor)
    return hold


def a_consent(child: Any, actor: Any, **more: Any) -> ConsentRecord:
    said = {
        "purpose": Purpose.objects.get(code="pairing"),
        "basis": "consent",
        "given_by": "赵建国",
        "relation": Relation.FATHER,
        "method": "in_person",
        "given_on": date(2026, 3, 1),
    }
    consent: ConsentRecord = save_entry(
        row=ConsentRecord(child_file=child, **{**said, **more}), actor=actor
    )
    return consent
