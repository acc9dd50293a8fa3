"""The data sets that `tidemark replay` offers, one file each."""

from tidemark.replay import complete_journey, jsonl, mind, open_bandit, taobao
from tidemark.replay.source import SourceKind

KINDS: tuple[SourceKind, ...] = (complete_journey.KIND, taobao.KIND, mind.KIND, open_bandit.KIND, jsonl.KIND)
