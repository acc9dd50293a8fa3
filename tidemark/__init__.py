"""Tidemark: what each visitor of a shop prefers, and which layout to show them, now."""

from tidemark.client import Tidemark
from tidemark.layouts import LayoutChoice
from tidemark.preferences import Preference, Preferences

__all__ = ["LayoutChoice", "Preference", "Preferences", "Tidemark"]
