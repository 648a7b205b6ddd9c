"""Calls for volunteers."""
