"""Files of a record: add one, open one by a link of a minute, delete one."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.functional import cached_property
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView
from wagtail.admin import messages

from core.attachments.enums import MEDIA_TYPES, AttachmentState, FileType
from core.attachments.links import is_valid, link_token
from core.attachments.models import Attachment
from core.attachments.names import mask_file_name
from core.attachments.reasons import UploadRefused
from core.attachments.selectors import attachments_of
from core.attachments.services import attach, content_of, detach

from ..attaching import kinds_of, may_add, may_download, may_remove
from ..forms.files import FileForm
from .acting import ReasonForm
from .base import RecordPage


class ChangesFiles(RecordPage):
    """A page that puts files on the record or takes them away."""

    permission = "change"

    def check_permission(self) -> None:
        super().check_permission()
        if not self.allows("view"):
            raise PermissionDenied


class FilesView(ChangesFiles, TemplateView):
    """Put a file on the record."""

    page_title = gettext_lazy("Add a file")
    template_name = "ledgers/file_add.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.check_may_add()
        form = FileForm(kinds=kinds_of(self.ledger))
        return self.render_to_response(self.get_context_data(form=form))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.check_may_add()
        form = FileForm(request.POST, request.FILES, kinds=kinds_of(self.ledger))
        if form.is_valid():
            upload = form.cleaned_data["file"]
            try:
                row = attach(
                    holder=self.object,
                    kind=form.cleaned_data["kind"],
                    name=upload.name,
                    content=upload.read(),
                    actor=self.actor,
                )
            except UploadRefused as refused:
                form.add_error("file", refused.sentence)
            else:
                return self.stored(row)
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def check_may_add(self) -> None:
        """Let only those pass who may change this record.

        Raises:
            Http404: The record is not in scope.
            PermissionDenied: They may not.
        """
        if not may_add(self.ledger, self.request.user, self.object):
            raise PermissionDenied

    def stored(self, row: Attachment) -> HttpResponse:
        """Say what became of the file, and go back to the record."""
        if row.state == AttachmentState.QUARANTINED:
            messages.warning(
                self.request,
                _(
                    "The file was stored. The virus scanner does not answer at present; the file "
                    "can be opened once it was scanned."
                ),
            )
        else:
            messages.success(self.request, _("The file was stored."))
        return HttpResponseRedirect(self.ledger.url("view", self.object.pk))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(back_url=self.ledger.url("view", self.object.pk), **kwargs)


class FilePage(RecordPage):
    """A page about one file of the record."""

    page_title = ""

    @cached_property
    def row(self) -> Attachment:
        """The file of the address.

        Raises:
            Http404: The record is not in scope, or has no such file.
        """
        found: Attachment | None = (
            attachments_of(self.object).filter(pk=self.kwargs["file"]).first()
        )
        if found is None:
            raise Http404
        return found

    def check_may_download(self) -> None:
        """Let only those pass who may open this file.

        Raises:
            Http404: There is none in scope.
            PermissionDenied: They may not, or it waits for the scanner.
        """
        if not may_download(self.ledger, self.request.user, self.object, self.row):
            raise PermissionDenied


class FileLinkView(FilePage, TemplateView):
    """Make a link that opens the file for this person, in this session, for a minute."""

    http_method_names = ["get", "head", "options"]
    template_name = "ledgers/base.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.check_may_download()
        token = link_token(
            self.row.pk, user=self.actor, session_key=request.session.session_key or ""
        )
        address = self.ledger.url("file_content", self.object.pk, self.row.pk, token)
        response = HttpResponseRedirect(address)
        response["Cache-Control"] = "no-store"
        return response


class FileContentView(FilePage, TemplateView):
    """Hand the file out, and write into the log that it was."""

    http_method_names = ["get", "options"]
    template_name = "ledgers/base.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        row = self.row
        if not is_valid(
            kwargs["token"],
            row.pk,
            user=self.actor,
            session_key=request.session.session_key or "",
        ):
            raise Http404
        self.check_may_download()
        content = content_of(row)
        # No entry, no file: the answer is made only once the entry is certain.
        with transaction.atomic():
            self.log(
                "tonghu.attachment",
                attachment=str(row.pk),
                kind=row.kind,
                field_class=row.field_class,
            )
        response = HttpResponse(content, content_type=MEDIA_TYPES[FileType(row.file_type)])
        response["Content-Disposition"] = content_disposition_header(True, row.name) or "attachment"
        response["X-Content-Type-Options"] = "nosniff"
        response["Content-Security-Policy"] = "default-src 'none'; sandbox"
        response["Cross-Origin-Resource-Policy"] = "same-origin"
        response["Cache-Control"] = "no-store, private"
        return response


class FileRemoveView(ChangesFiles, FilePage, TemplateView):
    """Delete a file for good: asks for a reason."""

    page_title = gettext_lazy("Delete the file")  # type: ignore[assignment]
    template_name = "ledgers/file_delete.html"

    def check_may_remove(self) -> None:
        """Let only those pass who may delete this file.

        Raises:
            Http404: There is none in scope.
            PermissionDenied: They may not.
        """
        if not may_remove(self.ledger, self.request.user, self.object, self.row):
            raise PermissionDenied

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.check_may_remove()
        return self.render_to_response(self.get_context_data(form=ReasonForm()))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.check_may_remove()
        form = ReasonForm(request.POST)
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form), status=422)
        detach(row=self.row, actor=self.actor, reason=form.cleaned_data["reason"])
        messages.success(request, _("The file was deleted. The history keeps that it was here."))
        return HttpResponseRedirect(self.ledger.url("view", self.object.pk))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            file_kind=self.row.get_kind_display(),
            file_name=mask_file_name(self.row.name),
            back_url=self.ledger.url("view", self.object.pk),
            **kwargs,
        )
