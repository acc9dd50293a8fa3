"""Tidemark: what each visitor of a shop prefers, and which layout to show them, now."""

from tidemark.client import Preference, Preferences, Tidemark
from tidemark.layouts import LayoutChoice

__all__ = ["LayoutChoice", "Preference", "Preferences", "Tidemark"]
