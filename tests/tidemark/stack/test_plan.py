from pathlib import Path

import pytest

from tidemark.errors import UserError
from tidemark.stack.plan import Plan, StackSettings, Wishes, names, ports_of, wanted_ports


@pytest.mark.parametrize("high_availability", [False, True])
def test_every_service_has_a_port_of_its_own(high_availability: bool) -> None:
    settings = StackSettings(task_managers=3, high_availability=high_availability)
    wanted = wanted_ports(settings)
    owned = [port for name in names(settings) for port in ports_of(name)]
    assert sorted(owned) == sorted(wanted)
    assert len(set(wanted.values())) == len(wanted)


def test_the_usual_ports_are_the_usual_ones() -> None:
    wanted = wanted_ports(StackSettings())
    assert (wanted["kafka"], wanted["redis"], wanted["flink"]) == (9092, 6379, 8081)


def test_a_plan_names_the_addresses_that_settings_take() -> None:
    settings = StackSettings(task_managers=2)
    plan = Plan(Path("/run"), Path("/tools"), settings, wanted_ports(settings))
    assert plan.addresses() == {
        "kafka": "127.0.0.1:9092",
        "redis": "redis://127.0.0.1:6379",
        "flink": "127.0.0.1:8081",
    }
    assert plan.prometheus() == ["127.0.0.1:9249", "127.0.0.1:9250", "127.0.0.1:9251"]


def test_only_high_availability_needs_zookeeper() -> None:
    assert "zookeeper" not in names(StackSettings())
    settings = StackSettings(high_availability=True)
    plan = Plan(Path("/run"), Path("/tools"), settings, wanted_ports(settings))
    assert list(plan.services()) == names(settings)
    assert plan.services()["zookeeper"].address == "127.0.0.1:2181"
    assert plan.cluster().zookeeper_port == 2181


def test_what_is_not_wished_for_stays() -> None:
    heap = StackSettings().changed(Wishes(state="heap"))
    assert heap == StackSettings(state="heap")
    assert heap.changed(Wishes()) == heap


@pytest.mark.parametrize(
    "wishes",
    [
        Wishes(state="disk"),
        Wishes(task_managers=0),
        Wishes(slots=0),
        Wishes(kafka_heap="0g"),
        Wishes(task_manager_memory="2 GB"),
    ],
)
def test_an_impossible_wish_is_one_sentence_for_the_person(wishes: Wishes) -> None:
    with pytest.raises(UserError, match="--"):
        StackSettings().changed(wishes)
