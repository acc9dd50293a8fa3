"""The command line in this process."""

import sys

import pytest

from tidemark.cli.main import main


def tidemark(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    """The exit code of `tidemark WORDS…`."""
    monkeypatch.setattr(sys, "argv", ["tidemark", *words])
    with pytest.raises(SystemExit) as end:
        main()
    return int(end.value.code or 0)
