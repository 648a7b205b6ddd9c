"""Register the case log model and the actions Wagtail does not know."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from wagtail import hooks

from core.access.models import CaseModel

from .models import CaseLogEntry

ACTIONS = {
    "tonghu.view": (_("View"), _("Viewed the record")),
    "tonghu.reveal": (_("Reveal"), _("Revealed a masked value")),
    "tonghu.search": (_("Search"), _("Searched case files")),
    "tonghu.export": (_("Export"), _("Exported a ledger")),
    "tonghu.import": (_("Import"), _("Imported a ledger")),
    "tonghu.bulk": (_("Bulk action"), _("Changed many records at once")),
    "tonghu.print": (_("Print"), _("Printed the record")),
    "tonghu.alarm": (_("Alarm"), _("Stopped a request for a child's safety")),
    "tonghu.erase": (_("Erase"), _("Erased a record")),
    "tonghu.restore": (_("Restore"), _("Brought a deleted record back")),
    "tonghu.merge": (_("Merge"), _("Merged two records")),
    "tonghu.undo": (_("Undo"), _("Took an action back")),
    "tonghu.attachment": (_("Download"), _("Downloaded an attachment")),
    "tonghu.malware": (_("Malware"), _("Malware was refused")),
    "tonghu.transition": (_("Change of state"), _("Changed the state")),
    "tonghu.ask": (_("Request"), _("Asked for access to the record")),
    "tonghu.break_glass": (_("Break-glass"), _("Opened the record in an emergency")),
    "tonghu.seal": (_("Seal"), _("Sealed the record")),
    "tonghu.unseal": (_("Lifting of a seal"), _("Lifted the seal of the record")),
    "tonghu.blank": (_("Blanking of the log"), _("Emptied entries of the log")),
    "tonghu.verify": (_("Check of the log"), _("Checked the log for tampering")),
    "tonghu.purge": (_("Purge of the log"), _("Deleted old entries of the log")),
}


@hooks.register("register_log_actions")
def register_case_log(actions: Any) -> None:
    actions.register_model(CaseModel, CaseLogEntry)
    for action, (label, message) in ACTIONS.items():
        actions.register_action(action, label, message)
