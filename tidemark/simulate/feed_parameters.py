"""Parameters of a simulated news feed, each with its source. They were committed before the first evaluation.

*measured*: `python -m tidemark.simulate.calibrate_feed FOLDER` prints it from the MIND sample.
*matched*: it follows from measured ones and a published figure, as said.
*assumed*: no source is known.
"""

from dataclasses import dataclass

TOPIC_SHARES = (
    *(0.285, 0.161, 0.126, 0.088, 0.065, 0.054, 0.047, 0.044, 0.040, 0.026, 0.024, 0.022, 0.011, 0.006),
)
"""Of the categories in readers' histories; MIND, measured (the fifteenth has none)."""


@dataclass(frozen=True)
class FeedParameters:
    """Of one feed."""

    # Size: assumed.
    hours: int = 48
    readers: int = 3_000
    lists_an_hour: float = 240.0
    candidates: int = 100
    """Articles alive, drawn anew for every list, that a storefront chooses from."""
    shown: int = 10
    """Of a list, MIND's are longer (median 24) and are not a choice."""

    # Articles.
    births_an_hour: float = 16.2
    """Of articles shown ten times or more; MIND, measured."""
    life_h: float = 20.1
    """Median, from the first to the last time shown; MIND, measured."""
    life_spread: float = 0.78
    """Standard deviation of its logarithm; MIND, measured."""
    click_rate: float = 0.040
    """Of an impression of an average article for an average reader; MIND, measured in lists with a click."""
    appeal: float = 0.59
    """Standard deviation over articles of the log-odds against their lists' chance; MIND, measured."""
    told: float = 0.4
    """Share of the appeal's variance that topic and theme explain; assumed."""
    fading: float = 0.007
    """Log-odds that an article loses an hour, mean; MIND, measured."""
    fading_spread: float = 0.02
    """Standard deviation of that over articles; assumed."""

    # Readers.
    history: float = 18.0
    """Articles clicked before, median; MIND, measured."""
    history_spread: float = 0.97
    """Standard deviation of the logarithm; matched to MIND's mean, 28.7."""
    topic_taste: float = 0.46
    """Standard deviation of a reader's log-odds for a topic; MIND, measured on 214 readers."""
    theme_taste: float = 0.44
    """The same for a theme within a topic. Matched: were appeal and tastes known, the AUC inside a list would
    be Φ(σ/√2), σ² the variance of log-odds in it; the best that is published for MIND is .730 (Fastformer and
    PLM-NR, Wu et al. 2021). With the appeal's and topics' measured variance, what remains is the themes'."""
    themes: int = 8
    """Of a topic; assumed."""

    # Drift: assumed.
    drifting: float = 0.3
    """Share of tastes' variance that comes and goes."""
    drift_h: float = 24.0
    """Half-life of its autocorrelation."""
