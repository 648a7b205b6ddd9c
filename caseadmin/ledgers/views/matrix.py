"""The matrix of rights as a page, and as a file."""

from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from core.accounts.models import Role
from core.accounts.stepup import fresh_sign_in_required
from core.audit.services import record

from ..exporting.writer import FileFormat, Watermark, file_pieces, file_response
from ..importing.models import new_batch_number
from ..matrix import (
    RoleRights,
    as_lines,
    class_label,
    deeds_of,
    every_ledger,
    every_role,
    fields_of,
    said,
)

MATRIX = "permission_matrix"
RIGHT = "accounts.view_matrix"
WIDTHS = (20, 16, 24, 20)


def may_see_matrix(user: Any) -> bool:
    """Return whether a person may see what every role may do."""
    return bool(user.is_active and user.has_perm(RIGHT))


class ChoiceForm(forms.Form):
    """Which part of the matrix.  Nonsense in the address is left out."""

    ledger = forms.ChoiceField(label=_("Ledger"), required=False)
    role = forms.ChoiceField(label=_("Role"), required=False)

    def __init__(self, each: dict[str, Any], roles: list[RoleRights], data: Any) -> None:
        super().__init__(data)
        fields: Any = self.fields
        fields["ledger"].choices = [
            ("", _("Every ledger")),
            *((slug, str(one.label)) for slug, one in each.items()),
        ]
        fields["role"].choices = [
            ("", _("Every role")),
            *((one.role.code, one.role.label) for one in roles),
        ]

    def chosen(self, name: str) -> str:
        """Return the value of a field; empty where it is none of the choices."""
        self.is_valid()
        return str(self.cleaned_data.get(name) or "")


class MatrixPage(WagtailAdminTemplateMixin, TemplateView):
    """Role × ledger × action and role × field, as they are in force now.

    No record is read; whoever opens it needs no territory.
    """

    page_title = _("Permission matrix")
    header_icon = "key"
    template_name = "ledgers/matrix.html"
    http_method_names = ["get", "head", "options"]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not may_see_matrix(request.user):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [*super().get_breadcrumbs_items(), {"url": "", "label": str(self.page_title)}]

    @cached_property
    def all_roles(self) -> list[RoleRights]:
        """Every role."""
        return every_role()

    @cached_property
    def form(self) -> ChoiceForm:
        """What is asked for, from the address or from the form that asks for a file."""
        each = {declared.slug: declared for declared in every_ledger()}
        given = self.request.POST if self.request.method == "POST" else self.request.GET
        return ChoiceForm(each, self.all_roles, given)

    @property
    def ledgers(self) -> list[Any]:
        """The ledgers asked for."""
        asked = self.form.chosen("ledger")
        return [one for one in every_ledger() if asked in ("", one.slug)]

    @property
    def roles(self) -> list[RoleRights]:
        """The roles asked for."""
        asked = self.form.chosen("role")
        return [one for one in self.all_roles if asked in ("", one.role.code)]

    def sections(self) -> list[dict[str, Any]]:
        """Return for each ledger what is done in it and what it holds, a cell for each role."""
        roles = self.roles
        return [
            {
                "slug": ledger.slug,
                "label": ledger.label,
                "deeds": [
                    {
                        "label": deed.label,
                        "cells": [
                            {"open": may, "text": said(may)}
                            for may in (one.may(ledger, deed) for one in roles)
                        ],
                    }
                    for deed in deeds_of(ledger)
                ],
                "groups": [
                    {
                        "label": label,
                        "rows": [
                            {
                                "label": row.label,
                                "class": class_label(row.classed),
                                "rights": [
                                    one.right(row.model, row.name, row.classed) for one in roles
                                ],
                            }
                            for row in rows
                        ],
                    }
                    for label, rows in fields_of(ledger)
                ],
            }
            for ledger in self.ledgers
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            form=self.form,
            roles=self.roles,
            columns=len(self.roles) + 1,
            sections=self.sections(),
            here_url=reverse(MATRIX),
            export_url=reverse(f"{MATRIX}_export"),
            chosen={name: self.form.chosen(name) for name in self.form.fields},
            **kwargs,
        )


@method_decorator(fresh_sign_in_required, name="dispatch")
class MatrixFile(MatrixPage):
    """The same as a workbook, through the one export writer, with an entry in the log."""

    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        user: Any = request.user
        lines = list(as_lines(self.ledgers, self.roles))
        mark = Watermark(new_batch_number(), user.get_full_name(), timezone.now())
        record(
            "tonghu.export",
            actor=user,
            model=Role,
            label=str(self.page_title),
            data={"number": mark.number, "rows": len(lines) - 1, "format": FileFormat.XLSX.value},
        )
        pieces = file_pieces(
            lines,
            file_format=FileFormat.XLSX,
            title=str(self.page_title),
            watermark=mark,
            widths=[*WIDTHS, *(14 for _role in self.roles)],
        )
        return file_response(list(pieces), file_format=FileFormat.XLSX, name="permission-matrix")


def matrix_urls() -> list[URLPattern]:
    """Return the addresses of page and file."""
    return [
        path("permission-matrix/", MatrixPage.as_view(), name=MATRIX),
        path("permission-matrix/export/", MatrixFile.as_view(), name=f"{MATRIX}_export"),
    ]
