"""Learns what visitors choose next from what changed in a sample of them since the last look."""

from collections.abc import Iterable, Mapping
from hashlib import blake2b
from typing import Any

import numpy as np

from operators.maths.arrays import Floats
from operators.maths.preferences.choice_features import Histories
from operators.maths.preferences.choice_model import ChoiceModel, ChoiceSettings, learn_choices
from schemas.preference_choices import MOST_VALUES, FacetChoices, numbers_of
from schemas.preference_priors import FacetPrior
from schemas.preferences import AT, SINCE, PreferenceSchema
from state.choice_model import ChoiceState
from state.sample_index import index_from_bytes, index_to_bytes
from state.visitor_snapshot import snapshot_from_bytes, snapshot_to_bytes

LEARN_AT_MOST = 512
"""Visitors that a look learns from, those of smallest hash; others wait with their snapshot as it is."""

GROWN = 1e-9
"""Of log2 S: below, a late event of no weight any more, or rounding."""

Fields = dict[bytes, bytes]


class LearnChoices:
    """One look at the sample: `see` all visitors in parts, then `end`.

    What a visitor has more of than at the last look is what it chose since, and its snapshot of then is what
    the choice is predicted from. Sums are absolute, so differences between snapshots telescope: whatever
    crashed or was repeated, each choice is learned from once. A visitor seen for the first time, or again
    after having been erased, teaches nothing yet.

    models : facet -> `ChoiceState`. snapshots : visitor -> its fields. index : of the sampled visitors. All
    keyed state, of bytes.
    """

    def __init__(
        self, schema: PreferenceSchema, settings: ChoiceSettings, models: Any, snapshots: Any, index: Any
    ) -> None:
        self._schema, self._settings = schema, settings
        self._half_lives_ms = np.array([h.half_life_ms for h in schema.horizons], dtype=np.float64)
        self._models, self._snapshots, self._index = models, snapshots, index
        blob = index.value()
        self._known = {} if blob is None else index_from_bytes(bytes(blob))
        self._seen: dict[str, int] = {}
        self._room = LEARN_AT_MOST
        self._states = {facet: self._load(facet) for facet, _ in schema.facets}

    def _load(self, facet: str) -> ChoiceState:
        blob = self._models.get(facet)
        if blob is not None:
            return ChoiceState.from_bytes(bytes(blob))
        return _state(0, 0, (), np.zeros(0), ChoiceModel.prior(self._half_lives_ms, 0, self._settings))

    def see(self, visitors: Iterable[tuple[str, Fields]]) -> None:
        """Some visitors of the sample, as Redis holds them; learns from those who have chosen something."""
        before, after = [], []
        for visitor, fields in visitors:
            if not fields:
                continue
            digest = self._digest(fields)
            known = self._known.get(visitor)
            self._seen[visitor] = digest
            if digest == known:
                continue
            if known is not None:
                if not self._room:
                    self._seen[visitor] = known
                    continue
                was = snapshot_from_bytes(bytes(self._snapshots.get(visitor)))
                if int(fields.get(SINCE, 0)) <= int(was[AT]):
                    self._room -= 1
                    before.append(was)
                    after.append(fields)
            self._snapshots.put(visitor, snapshot_to_bytes(fields))
        if before:
            for facet, code in self._schema.facets:
                self._learn(facet, code, before, after)

    def _learn(self, facet: str, code: str, before: list[Fields], after: list[Fields]) -> None:
        state = self._states[facet]
        if not state.values:
            return
        H, long = len(self._half_lives_ms), int(self._half_lives_ms.argmax())
        values, totals = numbers_of(before, code, state.values, H)
        now, _ = numbers_of(after, code, state.values, H)
        with np.errstate(invalid="ignore"):  # -inf - -inf: never, then or now
            chosen = (now[long] - values[long] > GROWN).astype(np.float64)
        at_ms = np.array([int(fields[AT]) for fields in after])
        model = learn_choices(
            _model(state),
            Histories(values, totals, at_ms),
            self._half_lives_ms,
            state.everybody,
            chosen,
            0,
            self._settings,
        )
        learned = state.learned + int(chosen.sum())
        self._states[facet] = _state(state.at_ms, learned, state.values, state.everybody, model)

    def end(self, priors: Mapping[str, FacetPrior]) -> dict[str, FacetChoices]:
        """Keep what was learned, take up what everybody likes by now; what is to be published, by facet."""
        for gone in self._known.keys() - self._seen.keys():
            self._snapshots.remove(gone)
        self._index.update(index_to_bytes(self._seen))
        found = {}
        for facet, prior in priors.items():
            state = self._renewed(self._states[facet], prior)
            self._models.put(facet, state.to_bytes())
            if state.values:
                found[facet] = self._published(state)
        return found

    def _renewed(self, state: ChoiceState, prior: FacetPrior) -> ChoiceState:
        """Of the values that everybody has most of now; what was learned long ago forgotten by and by."""
        long = int(self._half_lives_ms.argmax())
        values, shares = _shares(prior, long)
        place = {value: c for c, value in enumerate(state.values)}
        model = _model(state).of_values(
            np.array([place.get(value, -1) for value in values], dtype=np.int64), self._settings
        )
        H, C = len(self._half_lives_ms), len(values)
        nobody = Histories(np.empty((H, 0, C)), np.empty((H, 0)), np.empty(0, dtype=np.int64))
        elapsed_ms = max(prior.at_ms - state.at_ms, 0) if state.values else 0
        model = learn_choices(
            model, nobody, self._half_lives_ms, shares, np.empty((0, C)), elapsed_ms, self._settings
        )
        return _state(max(prior.at_ms, state.at_ms), state.learned, tuple(values), shares, model)

    def _published(self, state: ChoiceState) -> FacetChoices:
        return FacetChoices(
            at_ms=state.at_ms,
            learned=state.learned,
            values=list(state.values),
            shares=state.everybody,
            weights=state.shared + state.own,
            shared=state.shared,
            rest=float(state.everybody.min()),
            smoothing=self._settings.smoothing,
        )

    def _digest(self, fields: Fields) -> int:
        """Totals change with whatever changes."""
        totals = b"".join(fields.get(code.encode(), b"-") for _, code in self._schema.facets)
        return int.from_bytes(blake2b(fields[AT] + b" " + totals, digest_size=8).digest(), "big")


def _shares(prior: FacetPrior, horizon: int) -> tuple[list[bytes], Floats]:
    """The MOST_VALUES values of which everybody has most at the horizon, by name, and their shares."""
    beta = prior.beta[:, horizon]
    share = np.divide(prior.alpha[:, horizon], beta, out=np.zeros(len(beta)), where=beta > 0)
    most = np.argsort(-share, kind="stable")[:MOST_VALUES]
    chosen = np.sort(most[share[most] > 0])
    return [prior.values[c] for c in chosen], share[chosen] / share[chosen].sum()


def _model(state: ChoiceState) -> ChoiceModel:
    return ChoiceModel(state.shared, state.own, state.information, state.own_information)


def _state(
    at_ms: int, learned: int, values: tuple[bytes, ...], everybody: Floats, model: ChoiceModel
) -> ChoiceState:
    return ChoiceState(
        at_ms,
        learned,
        values,
        everybody,
        model.shared,
        model.own,
        model.information,
        np.ascontiguousarray(model.own_information),
    )
