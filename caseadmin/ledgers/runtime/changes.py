"""From one version of the definitions to the next: what may change, and what changed."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from . import kinds
from .kinds import Kind
from .spec import ICONS, FieldSpec, SetSpec, State

Raw = dict[str, Any]


def faults_of_change(before: SetSpec, after: SetSpec) -> list[str]:
    """Return why a version may not follow another; empty where it may.

    What rows hold values of is never dropped and never read as something it is not.
    """
    faults = []
    for old in before.kept:
        new = after.by_key.get(old.key)
        name = f"{old.label} ({old.key})"
        if new is None:
            faults.append(_("%(field)s was in use: retire it instead.") % {"field": name})
            continue
        if new.state == State.DRAFT:
            faults.append(
                _("%(field)s was in use and is no draft any more: retire it.") % {"field": name}
            )
        if new.kind != old.kind and new.kind not in kinds.SAFE_CHANGES.get(
            Kind(old.kind), frozenset()
        ):
            faults.append(
                _("%(field)s holds values that cannot be read as “%(kind)s”.")
                % {"field": name, "kind": Kind(new.kind).label}
            )
        if new.sealed != old.sealed:
            faults.append(
                _(
                    "%(field)s holds values already: from class 2 to 3 or back they would have "
                    "to be stored in another way. Retire it and add a new field."
                )
                % {"field": name}
            )
        if new.kind in kinds.WITH_OPTIONS:
            gone = {o.code for o in old.options} - {o.code for o in new.options}
            if gone:
                faults.append(
                    _("%(field)s: retire the choices %(codes)s instead of taking them away.")
                    % {"field": name, "codes": "、".join(sorted(gone))}
                )
    was_used = before.ledger is not None and before.ledger.state != State.DRAFT
    if was_used and (after.ledger is None or after.ledger.state == State.DRAFT):
        faults.append(_("The ledger was in use: retire it instead."))
    return faults


def with_former_labels(before: SetSpec, raw: Raw, now: datetime) -> Raw:
    """Note, in a new version, what renamed fields were called until now."""
    fields = []
    for one in raw.get("fields", []):
        old = before.by_key.get(str(one.get("key")))
        former = [
            {"until": f.until, "label": f.label.as_json()} for f in (old.former if old else ())
        ]
        if old is not None and old.state != State.DRAFT:
            label = one.get("label") or {}
            if (old.label.zh, old.label.en) != (label.get("zh") or "", label.get("en") or ""):
                former.append({"until": now.isoformat(), "label": old.label.as_json()})
        fields.append({**one, "former": former})
    return {**raw, "fields": fields}


def reconciled(current: SetSpec, current_raw: Mapping[str, Any], wanted: Mapping[str, Any]) -> Raw:
    """Return a wanted version so that it may follow the current one.

    Used to roll back and to take in a file: what rows hold values of and the wanted
    version does not know stays, retired; kinds and the way values are kept stay as well.
    """
    raw: Raw = {**wanted}
    held = {one["key"]: one for one in current_raw.get("fields", [])}
    fields = []
    for one in wanted.get("fields", []):
        old = current.by_key.get(str(one.get("key")))
        if old is not None and old.state != State.DRAFT:
            one = dict(one)
            if one.get("state") == State.DRAFT:
                one["state"] = State.RETIRED
            if old.kind != one.get("kind") and one.get("kind") not in kinds.SAFE_CHANGES.get(
                Kind(old.kind), frozenset()
            ):
                one["kind"] = old.kind
                one["options"] = held[old.key].get("options", [])
            if old.sealed != (one.get("sensitivity", 2) >= 3):
                one["sensitivity"] = old.sensitivity
            codes = {str(option.get("code")) for option in one.get("options", [])}
            if one["kind"] in kinds.WITH_OPTIONS:
                one["options"] = [
                    *one.get("options", []),
                    *(
                        {"code": o.code, "label": o.label.as_json(), "active": False}
                        for o in old.options
                        if o.code not in codes
                    ),
                ]
        fields.append(one)
    wanted_keys = {str(one.get("key")) for one in fields}
    sections = list(wanted.get("sections", []))
    for old in current.kept:
        if old.key in wanted_keys:
            continue
        fields.append({**held[old.key], "state": State.RETIRED})
        if old.section not in {str(one.get("key")) for one in sections}:
            sections += [s for s in current_raw.get("sections", []) if s["key"] == old.section]
    raw["fields"], raw["sections"] = fields, sections
    if current_raw.get("ledger") and not raw.get("ledger"):
        raw["ledger"] = {**current_raw["ledger"], "state": State.RETIRED}
    elif (
        current.ledger is not None
        and current.ledger.state != State.DRAFT
        and raw["ledger"].get("state") == State.DRAFT
    ):
        raw["ledger"] = {**raw["ledger"], "state": State.RETIRED}
    return raw


# What changed, in words


def differences(before: SetSpec, after: SetSpec) -> list[str]:
    """Return what changed between two versions, as sentences for people who do not program."""
    return [
        *_of_ledger(before, after),
        *_of_sections(before, after),
        *_of_fields(before, after),
        *_of_rules(before, after),
    ]


def _of_ledger(before: SetSpec, after: SetSpec) -> Iterator[str]:
    old, new = before.ledger, after.ledger
    if new is None or old is None:
        if new is not None:
            yield _("New ledger “%(label)s”.") % {"label": new.label}
        return
    pairs = {
        _("name"): (_both(old.label), _both(new.label)),
        _("what one record is called"): (_both(old.one), _both(new.one)),
        _("icon"): (str(ICONS.get(old.icon, "")), str(ICONS.get(new.icon, ""))),
        _("group in the menu"): (_both(old.group), _both(new.group)),
        _("beginning of numbers"): (old.prefix, new.prefix),
        _("state"): (State(old.state).label, State(new.state).label),
    }
    for name, (was, now) in pairs.items():
        if was != now:
            yield _("Ledger: %(what)s “%(old)s” → “%(new)s”.") % {
                "what": name,
                "old": was or _("empty"),
                "new": now or _("empty"),
            }
    for role in sorted({*old.grants, *new.grants}):
        was_allowed, is_allowed = set(old.grants.get(role, ())), set(new.grants.get(role, ()))
        for action in sorted(is_allowed - was_allowed):
            yield _("Role %(role)s may now: %(action)s.") % {
                "role": role,
                "action": action_label(action),
            }
        for action in sorted(was_allowed - is_allowed):
            yield _("Role %(role)s may no longer: %(action)s.") % {
                "role": role,
                "action": action_label(action),
            }


def _of_sections(before: SetSpec, after: SetSpec) -> Iterator[str]:
    old = {s.key: s.title for s in before.sections}
    new = {s.key: s.title for s in after.sections}
    for key, title in new.items():
        if key not in old:
            yield _("New group “%(title)s”.") % {"title": title}
        elif _both(old[key]) != _both(title):
            yield _("Group “%(old)s” is now called “%(new)s”.") % {
                "old": _both(old[key]),
                "new": _both(title),
            }
    for key, title in old.items():
        if key not in new:
            yield _("Group “%(title)s” was taken away.") % {"title": title}
    if [k for k in old if k in new] != [k for k in new if k in old]:
        yield _("The groups stand in another order.")


def _of_fields(before: SetSpec, after: SetSpec) -> Iterator[str]:
    for spec in after.fields:
        old = before.by_key.get(spec.key)
        if old is None:
            yield _("New field “%(label)s” (%(kind)s, %(state)s).") % {
                "label": spec.label,
                "kind": Kind(spec.kind).label,
                "state": State(spec.state).label,
            }
            continue
        for what, was, now in field_changes(old, spec, before, after):
            yield _("Field “%(label)s”: %(what)s “%(old)s” → “%(new)s”.") % {
                "label": old.label,
                "what": what,
                "old": was or _("empty"),
                "new": now or _("empty"),
            }
    for spec in before.fields:
        if spec.key not in after.by_key:
            yield _("Draft field “%(label)s” was deleted.") % {"label": spec.label}
    common = [s.key for s in before.fields if s.key in after.by_key]
    if common != [s.key for s in after.fields if s.key in before.by_key]:
        yield _("The fields stand in another order.")


def field_changes(
    old: FieldSpec, new: FieldSpec, before: SetSpec, after: SetSpec
) -> Iterator[tuple[str, str, str]]:
    """Yield what changed in one field: attribute, old and new value in words."""
    told_old, told_new = told(old, before), told(new, after)
    for name, was in told_old.items():
        if was != told_new[name]:
            yield name, was, told_new[name]


def told(spec: FieldSpec, of: SetSpec) -> dict[str, str]:
    """Return everything about a field in words, by attribute."""
    titles = {section.key: str(section.title) for section in of.sections}
    return {
        _("name"): _both(spec.label),
        _("kind"): str(Kind(spec.kind).label),
        _("help"): _both(spec.help),
        _("group"): titles.get(spec.section, spec.section),
        _("class"): str(spec.sensitivity),
        _("state"): str(State(spec.state).label),
        _("required from"): (
            date_format(spec.required_from, "DATE_FORMAT") if spec.required_from else ""
        ),
        _("shown when"): spec.visible_when,
        _("smallest value"): _limit(spec.minimum),
        _("greatest value"): _limit(spec.maximum),
        _("longest text"): str(spec.max_length or ""),
        _("digits after the point"): str(spec.places),
        _("form"): spec.pattern,
        _("choices"): "、".join(
            f"{o.label}" if o.active else _("%(label)s (retired)") % {"label": o.label}
            for o in spec.options
        ),
        _("searched"): _yes_no(spec.searchable),
        _("column of the list"): _yes_no(spec.listed),
        _("filter of the list"): _yes_no(spec.filterable),
        _("in sheets"): _yes_no(spec.exportable),
    }


def _of_rules(before: SetSpec, after: SetSpec) -> Iterator[str]:
    old, new = ({r.key: r for r in one.rules} for one in (before, after))
    for key, rule in new.items():
        if key not in old:
            yield _("New rule: %(rule)s.") % {"rule": rule.rule}
            continue
        if rule.rule != old[key].rule:
            yield _("Rule “%(old)s” → “%(new)s”.") % {"old": old[key].rule, "new": rule.rule}
        if _both(rule.message) != _both(old[key].message):
            yield _("Rule “%(rule)s” now says: %(message)s") % {
                "rule": rule.rule,
                "message": rule.message,
            }
        if rule.active != old[key].active:
            text = (
                _("Rule “%(rule)s” is in force.")
                if rule.active
                else _("Rule “%(rule)s” is no longer in force.")
            )
            yield text % {"rule": rule.rule}
    for key, rule in old.items():
        if key not in new:
            yield _("Rule “%(rule)s” was deleted.") % {"rule": rule.rule}


def action_label(action: str) -> str:
    """Return a right on a ledger in words."""
    return {
        "view": _("read"),
        "add": _("create"),
        "change": _("edit"),
        "delete": _("delete"),
        "import": _("import"),
        "export": _("export"),
        "view_history": _("read the history"),
        "restore": _("restore"),
    }[action]


def _both(words: Any) -> str:
    return " / ".join(text for text in (words.zh, words.en) if text)


def _limit(value: Any) -> str:
    return "" if value is None else str(value)


def _yes_no(value: bool) -> str:
    return pgettext("answer", "Yes") if value else pgettext("answer", "No")
