"""How to reach Redis: an address that names its secrets, and holds none."""

import os
import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from redis.credentials import CredentialProvider
from redis.exceptions import AuthenticationError

URL = "TIDEMARK_REDIS"
PASSWORD = "TIDEMARK_REDIS_PASSWORD"
PASSWORD_FILE = "TIDEMARK_REDIS_PASSWORD_FILE"
CA = "TIDEMARK_REDIS_CA"
URL_FORM = "redis://[user@]host:port[/db], or rediss://… for TLS"


@dataclass(frozen=True)
class RedisAddress(CredentialProvider):
    """A Redis server, or any node of a Redis Cluster.

    The machine that submits a job and those that run it get the same, and each reads its own files.

    url : `redis://[user@]host:port[/db]`, with TLS `rediss://…`. A password in it is for development.
    password_file : read at every new connection, so a new password needs no restart. Where the file is not
        there, the variable TIDEMARK_REDIS_PASSWORD is the password.
    ca : PEM file of the authority that signed the server's certificate, trusted besides those of the system.

    Raises
    ------
    ValueError : `url` is none.
    """

    url: str = field(repr=False)
    password_file: str = ""
    ca: str = ""
    shown: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "shown", without_password(self.url))
        if not _is_url(self.url):
            raise ValueError(f"{self.shown} is no Redis URL; write {URL_FORM}")

    @classmethod
    def of(cls, url: str, password_file: str = "", ca: str = "") -> "RedisAddress":
        """The address, with the files that the environment names where none is given."""
        return cls(url, password_file or os.environ.get(PASSWORD_FILE, ""), ca or os.environ.get(CA, ""))

    def __str__(self) -> str:
        return self.shown

    def variables(self) -> dict[str, str]:
        """What a job needs in its environment to reach it; a variable that does not apply is empty."""
        return {URL: self.url, PASSWORD_FILE: self.password_file, CA: self.ca}

    def options(self) -> dict[str, Any]:
        """Keyword arguments of a redis-py connection. Certificates are verified, host names among them."""
        parts = urlsplit(self.url)
        options: dict[str, Any] = {
            "host": parts.hostname,
            "port": parts.port or 6379,
            "credential_provider": self,
        }
        if parts.path[1:]:
            options["db"] = int(parts.path[1:])
        return options | self.tls()

    def tls(self) -> dict[str, Any]:
        """Of these keyword arguments those about TLS; none without it. ValueError: `ca` cannot be read."""
        if urlsplit(self.url).scheme != "rediss":
            return {}
        _check_authority(self.ca)
        return {
            "ssl": True,
            "ssl_ca_certs": self.ca or None,
            "ssl_check_hostname": True,
            "ssl_cert_reqs": "required",
        }

    def get_credentials(self) -> tuple[str, ...]:  # type: ignore[override]  # none is possible, too
        """(user, password), or one of them, or none: what redis-py authenticates a new connection with.

        Raises
        ------
        redis.exceptions.AuthenticationError : the file cannot be read, or a user has no password.
        """
        parts = urlsplit(self.url)
        user = unquote(parts.username or "")
        password = unquote(parts.password or "") or read_secret(self.password_file, PASSWORD)
        if user and not password:
            raise AuthenticationError(f"user {user} has no password: {self.where_to_put_it()}")
        return tuple(word for word in (user, password) if word)

    def secret_stays_behind(self) -> bool:
        """Whether this machine's environment alone has the password, so that a job elsewhere has none."""
        in_url = urlsplit(self.url).password
        return bool(os.environ.get(PASSWORD)) and not self.password_file and not in_url

    def where_to_put_it(self) -> str:
        """What to do about a password that is missing."""
        if self.password_file:
            return f"{PASSWORD_FILE} names {self.password_file}, which is not there"
        return f"name the file that holds it in {PASSWORD_FILE}"


def _is_url(url: str) -> bool:
    try:
        parts = urlsplit(url)
        database, extra = parts.path[1:], parts.query + parts.fragment
        named = parts.scheme in ("redis", "rediss") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # whose message may have a part of the password
        return False
    return named and not extra and (not database or database.isdigit())


def _check_authority(ca: str) -> None:
    if ca:
        try:
            ssl.create_default_context(cafile=ca)
        except FileNotFoundError:
            raise ValueError(f"{CA} names {ca}, which is not there") from None
        except OSError as error:
            raise ValueError(f"{CA} names {ca}, which is no certificate in PEM ({error})") from None


def read_secret(file: str, variable: str) -> str:
    """What stands in the file, or else in the environment's variable; empty: in neither.

    Raises
    ------
    redis.exceptions.AuthenticationError : the file is there but cannot be read, or is empty.
    """
    if file and Path(file).exists():
        try:
            secret = Path(file).read_text().strip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            raise AuthenticationError(
                f"{variable}_FILE names {file}, which cannot be read ({error})"
            ) from None
        if not secret:
            raise AuthenticationError(f"{variable}_FILE names {file}, which is empty")
        return secret
    return os.environ.get(variable, "")


def without_password(url: str) -> str:
    """A URL's password as `***`; anything else unchanged."""
    login, at, host = url.rpartition("@")
    scheme, slashes, user = login.partition("://")
    name, colon, _ = user.partition(":")
    return f"{scheme}://{name}:***@{host}" if at and slashes and colon else url
