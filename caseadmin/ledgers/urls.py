"""The addresses of one ledger."""

from typing import Any

from django.urls import URLPattern, path

from core.access.opening import needs_approval

from .declaration import Ledger
from .exporting.views import get_export_urls
from .importing.views import get_import_urls
from .views.acting import LedgerActionView
from .views.arranging import LedgerArrangeView, LedgerForgetView
from .views.bulk import LedgerBulkRunView, LedgerBulkView
from .views.choosing import LedgerChooseView
from .views.deleted import LedgerDeletedView, LedgerRestoreView
from .views.detail import LedgerRecordView
from .views.editing import LedgerCreateView, LedgerEditView
from .views.files import FileContentView, FileLinkView, FileRemoveView, FilesView
from .views.history import LedgerHistoryView
from .views.listing import LedgerIndexView
from .views.looking import LedgerLooksView
from .views.merging import LedgerDuplicatesView, LedgerMergeView, LedgerUndoView
from .views.past import LedgerAsOfView, LedgerCompareView, LedgerPastView
from .views.printing import LedgerPrintView
from .views.removing import LedgerDeleteView


def ledger_urls(ledger: type[Ledger]) -> list[URLPattern]:
    """Return every address of a ledger, sheets included where the ledger takes them."""

    def view(view_class: Any, **kwargs: Any) -> Any:
        return view_class.as_view(ledger=ledger, **kwargs)

    patterns = [
        path("", view(LedgerIndexView, model=ledger.model), name="index"),
        path(
            "results/",
            view(LedgerIndexView, model=ledger.model, results_only=True),
            name="index_results",
        ),
        path("choose/", view(LedgerChooseView), name="choose"),
        path("<uuid:pk>/", view(LedgerRecordView), name="view"),
        path("<uuid:pk>/history/", view(LedgerHistoryView), name="history"),
        path("<uuid:pk>/looks/", view(LedgerLooksView), name="looks"),
        path("<uuid:pk>/past/", view(LedgerPastView), name="past"),
        path("<uuid:pk>/compare/", view(LedgerCompareView), name="compare"),
        path("as-of/", view(LedgerAsOfView), name="as_of"),
        path("<uuid:pk>/do/<slug:action>/", view(LedgerActionView), name="do"),
    ]
    patterns += [
        path("arrange/", view(LedgerArrangeView), name="arrange"),
        path("arrange/<uuid:view>/forget/", view(LedgerForgetView), name="forget"),
    ]
    if ledger.bulk:
        patterns += [
            path("bulk/<slug:action>/", view(LedgerBulkView), name="bulk"),
            path("bulk/runs/<uuid:run>/", view(LedgerBulkRunView), name="bulk_run"),
        ]
    if needs_approval(ledger.model):
        from .views.asking import LedgerAskView, LedgerSealView  # optional dependency

        patterns.append(path("<uuid:pk>/ask/", view(LedgerAskView), name="ask"))
        patterns.append(path("<uuid:pk>/seal/", view(LedgerSealView), name="seal"))
    if ledger.can_add:
        patterns.append(path("new/", view(LedgerCreateView), name="add"))
    if ledger.can_edit:
        patterns.append(path("<uuid:pk>/edit/", view(LedgerEditView), name="edit"))
    if ledger.can_delete:
        patterns += [
            path("<uuid:pk>/delete/", view(LedgerDeleteView), name="delete"),
            path("deleted/", view(LedgerDeletedView), name="deleted"),
            path("deleted/<uuid:pk>/", view(LedgerRestoreView), name="restore"),
        ]
    if ledger.can_edit:
        patterns.append(path("<uuid:pk>/undo/", view(LedgerUndoView), name="undo"))
    if ledger.papers:
        patterns.append(path("<uuid:pk>/print/<slug:form>/", view(LedgerPrintView), name="print"))
    if ledger.likeness is not None:
        patterns += [
            path("<uuid:pk>/duplicates/", view(LedgerDuplicatesView), name="duplicates"),
            path("<uuid:pk>/merge/<uuid:other>/", view(LedgerMergeView), name="merge"),
        ]
    if ledger.attachments:
        patterns += [
            path("<uuid:pk>/files/", view(FilesView), name="files"),
            path("<uuid:pk>/files/<uuid:file>/", view(FileLinkView), name="file"),
            path("<uuid:pk>/files/<uuid:file>/delete/", view(FileRemoveView), name="file_delete"),
            path(
                "<uuid:pk>/files/<uuid:file>/<str:token>/",
                view(FileContentView),
                name="file_content",
            ),
        ]
    if ledger.io is not None:
        patterns += [*get_import_urls(ledger), *get_export_urls(ledger)]
    return patterns
