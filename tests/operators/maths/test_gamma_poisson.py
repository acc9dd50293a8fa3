"""Gamma-Poisson priors against loops from the definition, and against what made the data."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy import stats

from operators.maths import gamma_poisson
from operators.maths.decay import log_value
from operators.maths.gamma_poisson import fit_gamma_poisson, fit_priors
from schemas.preference_priors import PreferenceSample, SampleBuilder
from schemas.preferences import Horizon, PreferenceSchema, pack
from tests.oracles import gamma_poisson as oracle

SCHEMA = PreferenceSchema(
    namespace="tm",
    generation=1,
    horizons=(Horizon("live", 1_800_000), Horizon("long", 7_776_000_000)),
    facets=(("category", "c"), ("brand", "b")),
    ttl_s=100,
)
END_MS = 1_700_000_000_000
HALF_LIVES_MS = [h.half_life_ms for h in SCHEMA.horizons]

Visitor = dict[str, tuple[float, int]]  # value -> (S, T)


def sample_of(visitors: list[Visitor], at_ms: int = END_MS) -> PreferenceSample:
    """As the sink would have written them: facet `category`; S is the sum at every horizon."""
    builder = SampleBuilder(SCHEMA)
    for visitor in visitors:
        fields = {b"!at": str(at_ms).encode(), b"!floor": b"any bytes"}
        numbers = {v: log_value(s, t, HALF_LIVES_MS) for v, (s, t) in visitor.items()}
        fields |= {f"c:{v}".encode(): pack(*x) for v, x in numbers.items()}
        if visitor:
            fields[b"c"] = pack(*np.logaddexp2.reduce(list(numbers.values())))
        builder.add([fields])
    return builder.sample()


visitors = st.lists(
    st.dictionaries(
        st.sampled_from(["", "soap", "tea", ":", "a:b"]),
        st.tuples(st.floats(0.01, 100), st.integers(END_MS - 8 * 10**8, END_MS)),
        max_size=5,
    ),
    max_size=12,
)


@example(visitors=[{"": (99.0, END_MS - 1)}, {"soap": (1.0, END_MS - 800_000_000)}])
@given(visitors=visitors)
def test_the_fit_agrees_with_the_definition(visitors: list[Visitor]) -> None:
    fitted = fit_priors(sample_of(visitors))["category"]
    for j, half_life_ms in enumerate(HALF_LIVES_MS):
        expected = oracle.prior(visitors, END_MS, half_life_ms)
        assert {value.decode() for value in fitted.values} == expected.keys()
        for k, value in enumerate(fitted.values):
            alpha, beta = expected[value.decode()]
            if 1e-5 < alpha < 1e5 or alpha == 1 / oracle.LEAST_SPREAD:
                assert fitted.alpha[k, j] == pytest.approx(alpha, rel=1e-4)
                assert fitted.beta[k, j] == pytest.approx(beta, rel=1e-4)


@given(
    sums=st.tuples(*[st.floats(0, 1e300) for _ in range(4)]),
    n=st.integers(0, 10**6),
)
def test_whatever_the_sums_the_parameters_are_finite_and_not_negative(
    sums: tuple[float, float, float, float], n: int
) -> None:
    alpha, beta = fit_gamma_poisson(*sums, n)
    assert 0 <= alpha <= 1 / gamma_poisson.LEAST_SPREAD * 1.0001
    assert 0 <= beta < np.inf


def test_the_parameters_that_made_the_data_are_found_again() -> None:
    random = np.random.default_rng(7)
    n, alpha, beta = 40_000, 1.5, 30.0
    e = random.gamma(2.0, 50.0, n)
    c = random.poisson(random.gamma(alpha, 1 / beta, n) * e)
    found = fit_gamma_poisson(c.sum(), (c * c / e).sum(), e.sum(), (e * e).sum(), n)
    assert found[0] == pytest.approx(alpha, rel=0.05)
    assert found[1] == pytest.approx(beta, rel=0.05)


def test_with_equal_exposures_the_fit_is_the_negative_binomials_moments() -> None:
    random = np.random.default_rng(8)
    n, e = 5000, 20.0
    c = stats.nbinom.rvs(2.0, 10.0 / (10.0 + e), size=n, random_state=random).astype(float)
    alpha, beta = fit_gamma_poisson(c.sum(), (c * c / e).sum(), n * e, n * e * e, n)
    assert stats.nbinom.mean(alpha, beta / (beta + e)) == pytest.approx(c.mean(), rel=1e-9)
    assert stats.nbinom.var(alpha, beta / (beta + e)) == pytest.approx(c.var(ddof=1), rel=1e-9)


def test_visitors_who_differ_less_than_chance_get_the_common_share() -> None:
    alpha, beta = fit_gamma_poisson(10.0, 1.5, 100.0, 1000.0, 10)
    assert alpha == 1 / gamma_poisson.LEAST_SPREAD
    assert alpha / beta == pytest.approx(0.1)


def shoppers(n: int, seed: int = 9) -> list[Visitor]:
    """Visitors who differ in what they buy, all of them just now."""
    random = np.random.default_rng(seed)
    tastes = random.dirichlet([1.0, 2.0, 4.0], n)
    counts = np.array([random.multinomial(40, taste) for taste in tastes])
    names = ("soap", "tea", "a:b")
    return [{v: (float(c), END_MS) for v, c in zip(names, row, strict=True) if c > 0} for row in counts]


def test_visitors_of_whom_next_to_nothing_is_left_change_nothing() -> None:
    present = shoppers(200)
    gone: list[Visitor] = [{"tea": (40.0, END_MS - 40 * HALF_LIVES_MS[0])}] * 1000
    alone, crowded = (fit_priors(sample_of(v))["category"] for v in (present, present + gone))
    np.testing.assert_allclose(crowded.alpha[:, 0], alone.alpha[:, 0], rtol=1e-9)
    np.testing.assert_allclose(crowded.beta[:, 0], alone.beta[:, 0], rtol=1e-9)


def test_a_value_without_spread_borrows_the_median_beta_and_keeps_its_mean() -> None:
    flat: list[Visitor] = [{**visitor, "flat": (4.0, END_MS)} for visitor in shoppers(200)]
    fitted = fit_priors(sample_of(flat))["category"]
    place = fitted.values.index(b"flat")
    others = np.delete(fitted.beta[:, 1], place)
    assert fitted.beta[place, 1] == pytest.approx(np.median(others))
    assert fitted.alpha[place, 1] / fitted.beta[place, 1] == pytest.approx(4 / 44)


def test_one_visitor_is_the_prior() -> None:
    fitted = fit_priors(sample_of([{"soap": (1.0, END_MS), "tea": (3.0, END_MS)}]))["category"]
    assert (fitted.alpha / fitted.beta)[:, 1] == pytest.approx([0.25, 0.75])


def test_a_replay_of_old_events_gives_what_it_gave_when_they_were_new() -> None:
    shift = 50 * 365 * 86_400_000
    visitors: list[Visitor] = [
        {"soap": (float(i % 7 + 1), END_MS), "tea": (8.0 / (i + 1), END_MS - 600_000 * i)} for i in range(50)
    ]
    older: list[Visitor] = [{v: (s, t - shift) for v, (s, t) in visitor.items()} for visitor in visitors]
    new, old = (
        fit_priors(sample_of(v, at))["category"] for v, at in ((visitors, END_MS), (older, END_MS - shift))
    )
    np.testing.assert_allclose(old.alpha, new.alpha, rtol=1e-6)
    assert old.at_ms == END_MS - shift


def test_a_value_of_which_nothing_is_left_has_no_alpha_and_the_median_beta() -> None:
    visitors: list[Visitor] = [
        {"soap": (float(i + 1), END_MS), "old": (1.0, END_MS - 10**11)} for i in range(9)
    ]
    fitted = fit_priors(sample_of(visitors))["category"]
    old = fitted.values.index(b"old")
    assert fitted.alpha[old, 0] == 0
    assert fitted.beta[old, 0] == fitted.median_beta[0] > 0
    assert fitted.alpha[old, 1] > 0


def test_no_visitors_give_an_empty_prior() -> None:
    fitted = fit_priors(sample_of([]))["category"]
    assert fitted.alpha.shape == (0, 2)
    assert fitted.median_beta.tolist() == [0, 0]
    assert fitted.fields().keys() == {b"!"}


def test_of_too_many_values_those_that_most_visitors_have_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gamma_poisson, "MOST_VALUES", 2)
    visitors: list[Visitor] = [
        {"b": (1.0, END_MS), "c": (9.0, END_MS)},
        {"a": (9.0, END_MS), "c": (1.0, END_MS)},
    ]
    assert fit_priors(sample_of([*visitors, {"b": (1.0, END_MS)}]))["category"].values == [b"b", b"c"]


@settings(max_examples=20)
@given(visitors=visitors)
def test_shares_of_a_visitor_under_the_fitted_means_sum_to_one(visitors: list[Visitor]) -> None:
    fitted = fit_priors(sample_of(visitors))["category"]
    if fitted.values:
        assert (fitted.alpha[:, 1] / fitted.beta[:, 1]).sum() == pytest.approx(1.0, rel=1e-6)
