"""For a secured Redis: certificates of an authority of its own, and the users of docs/redis.md."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import trustme

DOCS = Path(__file__).parents[1] / "docs" / "redis.md"


@dataclass(frozen=True)
class Certificates:
    """Files: of the authority, and of a server called `names` with its key."""

    ca: Path
    server: Path
    key: Path

    @classmethod
    def issued(cls, folder: Path, *names: str, authority: trustme.CA | None = None) -> "Certificates":
        folder.mkdir(exist_ok=True)
        authority = authority or trustme.CA()
        server = authority.issue_cert(*names)
        files = cls(folder / "ca.pem", folder / "server.pem", folder / "server.key")
        authority.cert_pem.write_to_path(files.ca)
        server.private_key_pem.write_to_path(files.key)
        server.cert_chain_pems[0].write_to_path(files.server)
        return files

    def options(self, port: int) -> tuple[str, ...]:
        """For a redis-server that speaks TLS on `port` too."""
        files = ("--tls-cert-file", str(self.server), "--tls-key-file", str(self.key))
        trust = ("--tls-ca-cert-file", str(self.ca), "--tls-auth-clients", "no")
        return ("--tls-port", str(port), *files, *trust)


def create_users(redis: Any, password: str) -> None:
    """The users as docs/redis.md has them, each with this password."""
    rules = re.findall(r"^    user (\S+) on (.+)$", DOCS.read_text(), re.MULTILINE)
    assert {name for name, _ in rules} == {"tidemark-jobs", "tidemark-storefront", "tidemark-operator"}
    for name, rule in rules:
        redis.execute_command("ACL", "SETUSER", name, "reset", "on", f">{password}", *rule.split())
