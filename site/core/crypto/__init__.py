"""Encryption at rest: key ring, encrypted fields, blind index."""

from .seal import blind_index

__all__ = ["blind_index"]
