"""Addresses without a language: what machines ask for."""

from django.urls import path

from publicity.home.sitemaps import sitemap
from publicity.home.views import robots

urlpatterns = [
    path("sitemap.xml", sitemap, name="sitemap"),
    path("robots.txt", robots, name="robots"),
]
