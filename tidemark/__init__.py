"""Tidemark: what each visitor of a shop prefers, now."""

from tidemark.client import Preference, Preferences, Tidemark

__all__ = ["Preference", "Preferences", "Tidemark"]
