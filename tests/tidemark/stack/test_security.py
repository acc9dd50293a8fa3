"""What a secured stack is made of."""

import ssl
from pathlib import Path

import pytest

from tidemark.errors import UserError
from tidemark.flink import distribution
from tidemark.stack import kafka, redis_server
from tidemark.stack.flink_cluster import keep_secrets_out_of_logs
from tidemark.stack.plan import Plan, StackSettings, wanted_ports
from tidemark.stack.security import PASSWORDS, SERVERS, Secrets, check_unchanged


@pytest.fixture
def secrets(tmp_path: Path) -> Secrets:
    secrets = Secrets(tmp_path / "secrets")
    secrets.make()
    return secrets


def test_only_the_owner_reads_them(secrets: Secrets) -> None:
    assert secrets.folder.stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o777 for file in secrets.folder.iterdir()} == {0o600}
    assert len({secrets.password(name) for name in PASSWORDS}) == len(PASSWORDS)


def test_making_them_again_changes_none(secrets: Secrets) -> None:
    before = {file.name: file.read_bytes() for file in secrets.folder.iterdir()}
    secrets.make()
    assert {file.name: file.read_bytes() for file in secrets.folder.iterdir()} == before


def test_the_authority_vouches_for_each_server(secrets: Secrets) -> None:
    trust = ssl.create_default_context(cafile=secrets.authority)
    assert len(trust.get_ca_certs()) == 1
    for server in SERVERS:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(secrets.certificate(server))


def test_configurations_and_variables_name_files_and_hold_no_secret(secrets: Secrets) -> None:
    settings = StackSettings(secured=True)
    plan = Plan(secrets.folder.parent, Path("/tools"), settings, wanted_ports(settings))
    texts = [str(plan.access()), str(plan.addresses()), kafka.listeners(plan.secrets)]
    texts.append(redis_server.secured(secrets.folder.parent, 6379, secrets))
    texts.append((secrets.folder.parent / "users.acl").read_text())
    assert not [text for text in texts for name in PASSWORDS if secrets.password(name) in text]
    assert plan.access()["TIDEMARK_KAFKA_PASSWORD_FILE"] == str(secrets.password_file("kafka"))
    assert plan.access()["TIDEMARK_REDIS"] == "rediss://tidemark@127.0.0.1:6379"


def test_a_run_folder_stays_as_it_was_made(tmp_path: Path) -> None:
    check_unchanged(tmp_path, secured=True)
    (tmp_path / "kafka" / "data").mkdir(parents=True)
    (tmp_path / "kafka" / "data" / "meta.properties").touch()
    check_unchanged(tmp_path, secured=False)
    with pytest.raises(UserError, match="is not secured and stays so"):
        check_unchanged(tmp_path, secured=True)


def test_every_log_configuration_of_flink_is_silenced_where_environments_are_printed(tmp_path: Path) -> None:
    for file in (distribution() / "conf").glob("log4j*.properties"):
        (tmp_path / file.name).write_text(file.read_text())
    keep_secrets_out_of_logs(tmp_path)
    found = list(tmp_path.glob("log4j*.properties"))
    assert len(found) >= 3
    for file in found:
        assert "name = org.apache.flink.client.python.PythonEnvUtils" in file.read_text()
