"""The portal's own addresses.  Pages of the site tree are Wagtail's."""

from django.urls import path

from publicity.home.search import search_portal
from publicity.home.views import privacy
from publicity.intake.views import receipt, status

urlpatterns = [
    path("search/", search_portal, name="search"),
    path("privacy/", privacy, name="privacy"),
    path("application/receipt/", receipt, name="intake_receipt"),
    path("application/status/", status, name="intake_status"),
]
