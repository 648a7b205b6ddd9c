"""Our Chinese words for the installed packages."""

import re
from collections import Counter
from pathlib import Path

import polib
import pytest
from django.utils import translation
from django.utils.translation import gettext, ngettext
from vendor_gaps import CATALOGUE, DOMAINS, gaps, unused, wanted

PLACEHOLDER = re.compile(r"%\(\w+\)[sdr]|%[sd]|\{\w+\}")
TAG = re.compile(r"</?[a-z]+")


def entries(domain: str) -> list[polib.POEntry]:
    return list(polib.pofile(str(CATALOGUE / f"{domain}.po")))


@pytest.mark.parametrize("domain", DOMAINS)
def test_vendor_catalogue_leaves_no_gap(domain: str) -> None:
    assert gaps(domain) == []


@pytest.mark.parametrize("domain", DOMAINS)
def test_vendor_catalogue_has_nothing_no_package_asks_for(domain: str) -> None:
    assert unused(domain) == []


@pytest.mark.parametrize("domain", DOMAINS)
def test_vendor_catalogue_has_no_fuzzy_or_repeated_entry(domain: str) -> None:
    keys = [(entry.msgctxt, entry.msgid) for entry in entries(domain)]

    assert [entry.msgid for entry in entries(domain) if entry.fuzzy] == []
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize("domain", DOMAINS)
def test_vendor_catalogue_keeps_placeholders_and_tags(domain: str) -> None:
    wrong = []
    for entry in entries(domain):
        text = entry.msgstr or entry.msgstr_plural[0]
        source = entry.msgid_plural or entry.msgid
        # A plural entry may count with words of the singular alone.
        allowed = set(PLACEHOLDER.findall(entry.msgid + source))
        if not set(PLACEHOLDER.findall(text)) <= allowed:
            wrong.append(entry.msgid)
        if "python-format" in entry.flags and set(PLACEHOLDER.findall(text)) != set(
            PLACEHOLDER.findall(source)
        ):
            wrong.append(entry.msgid)
        # We may leave out a link to another site, never add a tag.
        if Counter(TAG.findall(text)) - Counter(TAG.findall(source)):
            wrong.append(entry.msgid)

    assert wrong == []


def test_vendor_gaps_reads_strings_of_packages_without_english_files() -> None:
    found = {message.singular for message in wanted("django") if message.package == "import_export"}

    assert 'Select at least 1 field for "%(resource_name)s" to export' in found


def test_vendor_gaps_reports_what_a_catalogue_lacks(tmp_path: Path) -> None:
    missing = {message.singular for message in gaps("django", ours=tmp_path)}

    assert "No %(model_name)s match your query." in missing


def test_vendor_words_reach_the_screen() -> None:
    with translation.override("zh-hans"):
        assert gettext("Inspect") == "查看"
        assert gettext("Filter") == "筛选"
        assert ngettext("%(num_pages)d page", "%(num_pages)d pages", 3) == "%(num_pages)d 个页面"
