"""Wiring of the site: settings, addresses, servers.  No logic lives here."""
