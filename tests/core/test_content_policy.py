"""Every HTML answer carries the strict policy, and no Wagtail widget needs an exception."""

import json
import re

import pytest
from django import forms
from django.core.cache import cache
from django.template import engines
from django.urls import reverse
from wagtail.admin.widgets import (
    AdminDateInput,
    AdminDateTimeInput,
    AdminPageChooser,
    AdminTimeInput,
)
from wagtail.images.widgets import AdminImageChooser

INLINE = re.compile(
    r"<script(?![^>]*\bsrc=)(?![^>]*type=\"application/json\")|\sstyle=|\son[a-z]+="
)
WIDGETS = [
    AdminDateInput(),
    AdminTimeInput(),
    AdminDateTimeInput(),
    AdminPageChooser(),
    AdminImageChooser(),
]


@pytest.mark.django_db
@pytest.mark.parametrize("widget", WIDGETS, ids=lambda widget: type(widget).__name__)
def test_a_widget_of_wagtail_is_started_by_attributes_alone(widget):
    class Form(forms.Form):
        field = forms.CharField(widget=widget, required=False)

    drawn = str(Form()["field"])

    assert (INLINE.findall(drawn), drawn.count('data-controller="start-')) == ([], 1)


def test_panels_of_wagtail_are_started_by_attributes_alone():
    for name in ("inline_panel", "multiple_chooser_panel"):
        template = engines["django"].get_template(f"wagtailadmin/panels/{name}.html")

        formset = {"prefix": "rows", "management_form": "", "non_form_errors": []}
        options = '{"label": "a \\"quoted\\" word"}'
        drawn = template.render({"self": {"formset": formset}, "options_json": options})

        assert INLINE.findall(drawn) == []
        assert 'data-controller="start-panel"' in drawn
        assert "&quot;quoted" in drawn


@pytest.fixture(autouse=True)
def nobody_reported_yet():
    """How many reports a minute are logged is remembered in the cache."""
    cache.clear()


@pytest.mark.django_db
def test_a_report_is_logged_without_the_record_or_the_word(client, caplog):
    report = {
        "csp-report": {
            "effective-directive": "script-src-elem",
            "blocked-uri": "https://evil.example/?q=张三",
            "document-uri": "https://tonghu.example/admin/child-files/"
            "0b7ad2cd-9e2f-4f0c-8d3e-0d7a1d3a2b11/?q=张三",
            "script-sample": "张三 990101201501010011",
        }
    }

    answer = client.post(
        reverse("policy_report"), json.dumps(report), content_type="application/csp-report"
    )

    assert answer.status_code == 204
    assert [record.getMessage() for record in caplog.records] == [
        "policy broken: script-src-elem https on /admin/child-files/#/"
    ]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        ("{}", "application/csp-report", 400),
        ("[1]", "application/reports+json", 400),
        ("no json", "application/csp-report", 400),
        ("[" * 4000, "application/csp-report", 400),
        ("x" * 9000, "application/csp-report", 413),
        ("a=b", "text/plain", 415),
        ('{"csp-report": {"effective-directive": "a\\nforged"}}', "application/csp-report", 400),
    ],
)
def test_what_is_no_report_is_refused(client, caplog, body, kind, status):
    answer = client.post(reverse("policy_report"), body, content_type=kind)

    assert answer.status_code == status
    assert "tonghu.policy" not in {record.name for record in caplog.records}


@pytest.mark.django_db
def test_nobody_fills_the_log_with_reports(client, caplog):
    cache.clear()
    report = [{"body": {"effectiveDirective": "img-src", "blockedURL": "inline"}}] * 20

    for _ in range(5):
        client.post(
            reverse("policy_report"), json.dumps(report), content_type="application/reports+json"
        )

    assert sum(record.name == "tonghu.policy" for record in caplog.records) == 60
