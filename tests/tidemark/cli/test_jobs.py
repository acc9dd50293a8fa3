"""`tidemark submit`, `jobs`, `stop`, `resume`, `cancel`, as a person types them."""

import json
import subprocess

import pytest

from tests.corner import JOB, Corner
from tests.oracles.preferences import decayed_preferences
from tests.real_data import complete_journey
from tidemark import flink

pytestmark = pytest.mark.flink

NOBODY = "127.0.0.1:9"

MISTAKES = {
    "a negative half-life": (
        ["--set", 'horizons={"live":"-30 min"}'],
        "horizons.live: '-30 min' is not above zero",
    ),
    "a half-life too short": (["--set", 'horizons={"live":"1 min"}'], "under 10 minutes"),
    "a weight of zero": (["--set", 'weights={"view":0}'], "weight of 'view' is 0.0; it must be above zero"),
    "a behaviour that is none": (["--set", 'weights={"gaze":1}'], "'gaze' is none of view, favourite"),
    "an unknown facet": (["--set", 'facets=["colour"]'], "facet 'colour' is none of category, brand"),
    "bands that fall": (["--set", "price_bands=[5,1]"], "price_bands: bounds must be above zero and ascend"),
    "text for a number": (["--set", "keep=many"], "keep: Input should be a valid integer"),
    "broken JSON": (["--set", "horizons={live"], 'for field "horizons"'),
    "a misspelt setting": (
        ["--set", "kepe=5"],
        "no setting 'kepe'; there is: topic, erasures_topic, horizons",
    ),
    "a setting without a value": (["--set", "keep"], "write KEY=VALUE"),
    "a start that is no time": (["--start", "yesterday"], "'yesterday' is none of earliest, latest"),
    "no Kafka": (["--kafka", NOBODY], f"Kafka at {NOBODY}"),
    "no Redis": (["--redis", f"redis://{NOBODY}"], f"Redis does not answer at redis://{NOBODY}"),
    "no Redis URL": (["--redis", "localhost:6379"], "is no Redis URL"),
    "no Flink": (["--flink", NOBODY], f"Flink does not answer at {NOBODY}"),
    "a missing topic": (["--set", "topic=nowhere"], "topic 'nowhere' does not exist"),
}


@pytest.mark.parametrize(("words", "says"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_ends_in_one_clear_line_and_exit_code_2(
    corner: Corner, words: list[str], says: str
) -> None:
    done = corner.tidemark("submit", JOB, "--set", f"topic={corner.name}", *words)
    assert done.returncode == 2, done.stdout + done.stderr
    assert says in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert done.stdout == ""


def test_a_wrong_password_is_named_and_not_shown(corner: Corner) -> None:
    url = corner.redis.replace("redis://", "redis://somebody:opensesame@")
    done = corner.tidemark("submit", JOB, "--set", f"topic={corner.name}", "--redis", url)
    assert done.returncode == 2
    assert "refuses the user or password" in done.stderr
    assert "opensesame" not in done.stdout + done.stderr


def test_an_unknown_job_is_answered_with_those_there_are(corner: Corner) -> None:
    done = corner.tidemark("submit", "make-coffee")
    assert (done.returncode, done.stderr.strip()) == (
        2,
        "tidemark: no job 'make-coffee'; there is: visitor_preferences, visitor_segments, event_gate, "
        "article_keywords, article_scores",
    )


def test_submit_prints_the_flink_line_and_refuses_a_second_run(corner: Corner) -> None:
    first = corner.tidemark("submit", "visitor-preferences", "--set", f"topic={corner.name}")
    assert first.returncode == 0, first.stderr
    for part in (
        "/bin/flink run",
        "--pyModule flink_jobs.visitor_preferences",
        "--jarfile",
        "TIDEMARK_KAFKA=",
    ):
        assert part in first.stderr
    second = corner.tidemark("submit", JOB, "--set", f"topic={corner.name}")
    assert second.returncode == 2
    assert "runs already" in second.stderr
    listed = corner.tidemark("jobs")
    assert JOB in listed.stdout
    assert "RUNNING" in listed.stdout
    cancelled = corner.tidemark("cancel", JOB)
    assert cancelled.returncode == 0, cancelled.stderr
    assert corner.tidemark("stop", JOB).returncode == 1


def test_the_printed_line_runs_without_tidemark(corner: Corner) -> None:
    corner.produce(complete_journey(500))
    done = corner.tidemark("submit", JOB, "--set", f"topic={corner.name}", "--until-now")
    assert done.returncode == 0, done.stderr
    corner.await_state(done.stdout.rsplit("/", 1)[1].strip(), "FINISHED")
    line = next(line for line in done.stderr.splitlines() if "flink run" in line)
    subprocess.run(["bash", "-c", line], check=True, capture_output=True, timeout=120)
    runs = [job for job in flink.list_jobs(corner.flink) if job.name == JOB]
    corner.await_state(runs[0].id, "FINISHED")
    half_lives = [horizon.half_life_ms for horizon in corner.schema.horizons]
    assert corner.differences(decayed_preferences(complete_journey(500), half_lives)) == []


def test_other_half_lives_need_a_generation_of_their_own(corner: Corner) -> None:
    corner.produce(complete_journey(100))
    first = corner.submit("--until-now")
    corner.await_state(first, "FINISHED")
    other = ["--set", 'horizons={"short":"1 h"}', "--until-now", "--set", f"topic={corner.name}"]
    refused = corner.tidemark("submit", JOB, *other)
    assert refused.returncode == 2
    assert "generation" in refused.stderr
    accepted = corner.tidemark("submit", JOB, *other, "--set", "generation=2")
    assert accepted.returncode == 0, accepted.stderr


def test_show_agrees_with_the_oracle(corner: Corner) -> None:
    events = complete_journey(20_000)
    corner.produce(events)
    corner.await_state(corner.submit("--until-now"), "FINISHED")
    half_lives = [horizon.half_life_ms for horizon in corner.schema.horizons]
    expected = decayed_preferences(events, half_lives)
    visitor = max(expected, key=lambda v: len(expected[v]))
    at_ms = max(s.latest_ms for s in expected[visitor].values())
    done = corner.tidemark("show", "visitor", visitor, "--at", "latest", "--top", "5", "--json")
    assert done.returncode == 0, done.stderr
    shown = json.loads(done.stdout)
    long = next(p for p in shown if (p["facet"], p["horizon"]) == ("category", "long"))
    sums = {n[2:]: s.at(at_ms, half_lives)[2] for n, s in expected[visitor].items() if n.startswith("c:")}
    strongest = sorted(sums.values(), reverse=True)[:5]
    assert [item["weight"] for item in long["items"]] == pytest.approx(strongest, rel=1e-9)
    for item in long["items"]:
        assert item["weight"] == pytest.approx(sums[item["value"]], rel=1e-9)
