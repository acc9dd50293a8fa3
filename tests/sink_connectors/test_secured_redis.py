"""Users with only the rights that docs/redis.md lists, and TLS, on real servers."""

import pickle
import struct
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pandas as pd
import pytest
import trustme
from redis.exceptions import NoPermissionError

from operators.maths.gamma_poisson import fit_priors
from schemas.preference_priors import SampleBuilder
from schemas.preferences import Horizon, PreferenceSchema
from sink_connectors.priors import PriorStore
from sink_connectors.redis_address import RedisAddress
from sink_connectors.redis_connection import RedisConnection
from sink_connectors.redis_server import Command
from sink_connectors.retry import RefusedError
from sink_connectors.write_preferences import WritePreferences
from tests.redis_cluster import RedisClusterServers
from tests.redis_server import RedisServer, free_port
from tests.secured_redis import Certificates, create_users
from tests.sink_connectors.test_write_preferences import Metrics
from tests.tidemark.generations_in_redis import schema, write
from tidemark import Tidemark
from tidemark.checks import check_redis
from tidemark.compare import compare
from tidemark.errors import UserError
from tidemark.generations import find_generations
from tidemark.promote import promote
from tidemark.redis_client import redis_client

pytestmark = pytest.mark.timeout(60)

PASSWORD = "open sesame:@/"
AT_MS = 10**9
SCHEMA = PreferenceSchema(
    namespace="tm", generation=1, horizons=(Horizon("live", 10**6),), facets=(("category", "c"),), ttl_s=100
)

Addressed = Callable[[str], RedisAddress]


@pytest.fixture(params=["server", "cluster"])
def servers(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[list[RedisServer]]:
    """Redis with users; nothing may be done without one."""
    if request.param == "cluster":
        cluster: RedisClusterServers = request.getfixturevalue("redis_cluster")
        started = cluster.nodes
    else:
        started = [RedisServer(tmp_path)]
        started[0].start()
    for server in started:
        with server.client() as redis:
            create_users(redis, PASSWORD)
    yield started
    if request.param == "server":
        started[0].stop()


@pytest.fixture
def address(servers: list[RedisServer], tmp_path: Path) -> Addressed:
    """user -> address."""
    file = tmp_path / "password"
    file.write_text(f"{PASSWORD}\n")
    return lambda user: RedisAddress(servers[0].url.replace("://", f"://{user}@"), str(file))


def write_and_refresh(address: RedisAddress) -> None:
    """All that the job does in Redis."""
    sink = WritePreferences(address, SCHEMA)
    sink.open(Metrics())
    # So many values that the function trims.
    rows = [("ann", f"value {i}") for i in range(400)] + [(f"visitor {i}", "tea") for i in range(50)]
    numbers = [struct.pack(">qqdd", AT_MS, AT_MS, 1000.0 + i, 1500.0) for i in range(len(rows))]
    sink.eval(
        pd.Series([v for v, _ in rows]), AT_MS, pd.Series([value for _, value in rows]), pd.Series(numbers)
    )
    sink.close()
    store = PriorStore(address, SCHEMA)
    store.open(Metrics())
    sample = SampleBuilder(SCHEMA)
    for visitors in store.read_sample():
        sample.add(fields for _, fields in visitors)
    store.publish(fit_priors(sample.sample()), {})
    store.close()


def test_the_users_of_the_docs_have_the_rights_they_need_and_no_others(address: Addressed) -> None:
    write_and_refresh(address("tidemark-jobs"))
    with closing(Tidemark(address("tidemark-storefront"), timeout_s=2)) as client:
        assert client.preferences("ann", horizon="live").source == "visitor"
        assert client.preferences("nobody", horizon="live").source == "prior"
    with pytest.raises(RefusedError, match=r"denies its user a right .* docs/redis.md lists"):
        write_and_refresh(address("tidemark-storefront"))
    with closing(RedisConnection(address("tidemark-jobs"))) as redis:
        beyond: list[Command] = [["GET", "other"], ["SCAN", "0"], ["CONFIG", "GET", "port"]]
        for command in beyond:
            assert isinstance(redis.exchange([command])[0], NoPermissionError)


def test_the_operator_compares_and_promotes(servers: list[RedisServer], address: Addressed) -> None:
    everything = RedisAddress(servers[0].url)
    with redis_client(everything) as redis:
        for generation in (1, 2):
            write(redis, schema(generation), {f"visitor {i}": {"c": 2, "c:tea": 2} for i in range(30)})
    with redis_client(address("tidemark-operator")) as redis:
        assert [g.visitors for g in find_generations(redis, "tm", lambda _: None)] == [30, 30]
        assert compare(redis, "tm", 1, 2, None, lambda _: None).both == 30
        assert promote(redis, "tm", 2, 3600).retired == [1]
        assert promote(redis, "tm", 1, 3600).served == 1


def test_a_wrong_password_is_one_line_for_sink_client_and_operator(
    address: Addressed, tmp_path: Path
) -> None:
    (tmp_path / "wrong").write_text("guessed")
    wrong = RedisAddress(address("tidemark-jobs").url, str(tmp_path / "wrong"))
    says = r"Redis at redis://tidemark-jobs@127.0.0.1:\d+(/0)? refuses the user or password .*PASSWORD_FILE"
    with pytest.raises(RefusedError, match=says):
        WritePreferences(wrong, SCHEMA).open(Metrics())
    with pytest.raises(UserError, match=says):
        check_redis(wrong)
    with closing(Tidemark(wrong, timeout_s=2)) as client:
        reason = client.preferences("ann").reason
    assert "refuses the user or password" in reason
    assert "guessed" not in reason


def test_what_flink_keeps_of_the_sink_has_no_password_and_a_worker_without_one_says_so(
    address: Addressed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TIDEMARK_REDIS_PASSWORD", raising=False)
    theirs = address("tidemark-jobs")
    assert PASSWORD.encode() not in pickle.dumps(WritePreferences(theirs, SCHEMA))
    Path(theirs.password_file).unlink()
    with pytest.raises(RefusedError, match=r"TIDEMARK_REDIS_PASSWORD_FILE names .*, which is not there"):
        WritePreferences(theirs, SCHEMA).open(Metrics())


def test_a_password_that_changes_needs_no_restart(servers: list[RedisServer], tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text(PASSWORD)
    url = servers[0].url.replace("://", "://tidemark-storefront@")
    with closing(Tidemark(url, timeout_s=2, password_file=str(file))) as client:
        assert "refuses" not in client.preferences("ann").reason
        for server in servers:
            with server.client() as redis:
                redis.execute_command("ACL", "SETUSER", "tidemark-storefront", "resetpass", ">another")
                redis.execute_command("CLIENT", "KILL", "USER", "tidemark-storefront")
        file.write_text("another")
        client.preferences("ann")  # finds that its connection has gone
        assert "no preferences" in client.preferences("ann").reason


@pytest.fixture
def tls(tmp_path: Path) -> Iterator[tuple[int, Certificates]]:
    """(port, certificates) of a server called localhost."""
    certificates, port = Certificates.issued(tmp_path / "tls", "localhost"), free_port()
    server = RedisServer(tmp_path, *certificates.options(port))
    server.start()
    yield port, certificates
    server.stop()


def test_tls_with_an_authority_of_its_own(tls: tuple[int, Certificates]) -> None:
    port, certificates = tls
    address = RedisAddress(f"rediss://localhost:{port}", ca=str(certificates.ca))
    write_and_refresh(address)
    with closing(Tidemark(address.url, timeout_s=2, ca=address.ca)) as client:
        assert client.preferences("ann", horizon="live").source == "visitor"
    with redis_client(address) as redis:
        assert redis.exists(SCHEMA.config_key)


@pytest.mark.parametrize(
    ("host", "own_authority", "says"),
    [
        ("localhost", False, "certificate that is not trusted .*name its authority in TIDEMARK_REDIS_CA"),
        ("127.0.0.1", True, "IP address mismatch.*the host as the certificate does"),
    ],
)
def test_a_server_that_cannot_prove_who_it_is_gets_nothing(
    tls: tuple[int, Certificates], tmp_path: Path, host: str, own_authority: bool, says: str
) -> None:
    port, certificates = tls
    other = Certificates.issued(tmp_path / "other", "localhost")
    address = RedisAddress(f"rediss://{host}:{port}", ca=str(certificates.ca if own_authority else other.ca))
    with pytest.raises(RefusedError, match=says):
        WritePreferences(address, SCHEMA).open(Metrics())
    with pytest.raises(UserError, match=says):
        redis_client(address)
    with closing(Tidemark(address, timeout_s=2)) as client:
        assert "not trusted" in client.preferences("ann").reason


@pytest.mark.parametrize(
    ("text", "says"), [(None, "which is not there"), ("no PEM", "no certificate in PEM")]
)
def test_an_authority_that_cannot_be_read_is_said(tmp_path: Path, text: str | None, says: str) -> None:
    if text is not None:
        (tmp_path / "ca.pem").write_text(text)
    address = RedisAddress("rediss://localhost", ca=str(tmp_path / "ca.pem"))
    with pytest.raises(UserError, match=f"TIDEMARK_REDIS_CA names .*{says}"):
        check_redis(address)


def test_each_node_of_a_cluster_must_prove_who_it_is(tmp_path: Path) -> None:
    authority = trustme.CA()
    by_name = Certificates.issued(tmp_path / "by-name", "localhost", authority=authority)
    by_address = Certificates.issued(tmp_path / "by-address", "127.0.0.1", "localhost", authority=authority)
    cluster = RedisClusterServers(tmp_path, certificates=by_name)
    address = RedisAddress(f"rediss://localhost:{cluster.tls_port}", ca=str(by_name.ca))
    try:
        cluster.start()
        # The first is who it says, but names the others by addresses that their certificates do not have.
        with pytest.raises(RefusedError, match="IP address mismatch"):
            WritePreferences(address, SCHEMA).open(Metrics())
        with pytest.raises(UserError, match="IP address mismatch"):
            redis_client(address)
        for node in cluster.nodes:
            with node.client() as redis:
                files = {"tls-cert-file": str(by_address.server), "tls-key-file": str(by_address.key)}
                redis.execute_command("CONFIG", "SET", *(word for pair in files.items() for word in pair))
        write_and_refresh(address)
        with redis_client(address) as redis:
            assert redis.exists(SCHEMA.config_key)
    finally:
        cluster.stop()
