"""How to reach Kafka and prove who we are: the same for Flink's connector and for our own clients."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, Field, SecretStr, field_validator, model_validator

PREFIX = "TIDEMARK_KAFKA"
PASSWORD = f"{PREFIX}_PASSWORD"

SHADED = "org.apache.flink.kafka.shaded."
"""Where Flink's SQL connector keeps Kafka's classes."""
PROVIDERS = f"{SHADED}org.apache.kafka.common.config.provider."
LOGIN_MODULES = {
    "PLAIN": "plain.PlainLoginModule",
    "SCRAM-SHA-256": "scram.ScramLoginModule",
    "SCRAM-SHA-512": "scram.ScramLoginModule",
}
UNQUOTED = r"^[^'\"\\${}]*$"
"""What stands in a login line or an SQL string as it is."""


class KafkaAccess(BaseModel, frozen=True, hide_input_in_errors=True):
    """`TIDEMARK_KAFKA` and `TIDEMARK_KAFKA_…`; paths and variables are the same on every machine of a job.

    bootstrap : `host:port[,host:port]`, the variable `TIDEMARK_KAFKA`.
    security : whether the connection is encrypted (ssl) and whether we log in (sasl).
    mechanism, user : how and as whom we log in.
    password_file : holds the password of the user and nothing else.
    password : of the user, where there is no such file.
    ca : certificates in PEM of who may vouch for the brokers; None: those that Java and Python know.
    """

    bootstrap: str = Field("127.0.0.1:9092", pattern=UNQUOTED)
    security: Literal["plaintext", "ssl", "sasl_plaintext", "sasl_ssl"] = "plaintext"
    mechanism: Literal["SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN"] = "SCRAM-SHA-512"
    user: str = Field("", pattern=UNQUOTED)
    password: SecretStr | None = None
    password_file: Path | None = None
    ca: Path | None = None

    @classmethod
    def from_variables(cls, variables: Mapping[str, str]) -> Self:
        """From the environment, or what stands for it; empty variables count as unset.

        Raises
        ------
        ValueError : a value is wrong, or no setting has such a name.
        """
        given = {
            name.removeprefix(PREFIX).removeprefix("_").lower() or "bootstrap": value
            for name, value in variables.items()
            if value and (name == PREFIX or name.startswith(f"{PREFIX}_"))
        }
        unknown = given.keys() - cls.model_fields.keys()
        if unknown:
            names = ", ".join(sorted(f"{PREFIX}_{name.upper()}" for name in unknown))
            raise ValueError(f"no setting {names}; there is: {', '.join(cls.model_fields)}")
        return cls.model_validate(given)

    @classmethod
    def of(cls, kafka: "str | KafkaAccess") -> "KafkaAccess":
        """Itself; an address alone is spoken to in plaintext."""
        return kafka if isinstance(kafka, KafkaAccess) else cls(bootstrap=kafka)

    @field_validator("password_file", "ca")
    @classmethod
    def _absolute(cls, path: Path | None) -> Path | None:
        """As the cluster will look for it, wherever its processes were started."""
        if path is None:
            return None
        if any(character in str(path) for character in "'\"\\${}:"):
            raise ValueError(f"{path}: a path without quotes, colons, braces and $")
        return path.absolute()

    @model_validator(mode="after")
    def _login_is_complete(self) -> Self:
        if self.logs_in and not self.user:
            raise ValueError(f"{self.security} needs {PREFIX}_USER")
        return self

    def __str__(self) -> str:
        return self.bootstrap

    @property
    def logs_in(self) -> bool:
        return self.security.startswith("sasl")

    @property
    def encrypted(self) -> bool:
        return self.security.endswith("ssl")

    def variables(self) -> dict[str, str]:
        """What `from_variables` needs, but for the password itself: whoever runs with them has it already."""
        all_of_them = {
            PREFIX: self.bootstrap,
            f"{PREFIX}_SECURITY": self.security,
            f"{PREFIX}_MECHANISM": self.mechanism if self.logs_in else "",
            f"{PREFIX}_USER": self.user if self.logs_in else "",
            f"{PASSWORD}_FILE": str(self.password_file or "") if self.logs_in else "",
            f"{PREFIX}_CA": str(self.ca or "") if self.encrypted else "",
        }
        return {name: value for name, value in all_of_them.items() if value}

    def connector_options(self) -> dict[str, str]:
        """Options of Flink's Kafka connector, for sources and sinks.

        The job graph, which Flink shows to everybody, names only where the password is: Kafka's config
        provider looks it up on the job manager and the task managers.
        """
        properties = {"bootstrap.servers": self.bootstrap}
        if self.security != "plaintext":
            properties["security.protocol"] = self.security.upper()
        if self.encrypted and self.ca is not None:
            properties |= {"ssl.truststore.type": "PEM", "ssl.truststore.location": str(self.ca)}
        if self.logs_in:
            properties |= self._login()
        return {f"properties.{name}": value for name, value in properties.items()}

    def _login(self) -> dict[str, str]:
        if self.password_file is not None:
            folder, name = self.password_file.parent, self.password_file.name
            provider, password = "directory", f"${{directory:{folder}:{name}}}"
            limits = {"class": f"{PROVIDERS}DirectoryConfigProvider", "param.allowed.paths": str(folder)}
        else:
            provider, password = "env", f"${{env:{PASSWORD}}}"
            limits = {"class": f"{PROVIDERS}EnvVarConfigProvider", "param.allowlist.pattern": PASSWORD}
        module = f"{SHADED}org.apache.kafka.common.security.{LOGIN_MODULES[self.mechanism]}"
        return {
            "sasl.mechanism": self.mechanism,
            "sasl.jaas.config": f'{module} required username="{self.user}" password="{password}";',
            "config.providers": provider,
            **{f"config.providers.{provider}.{name}": value for name, value in limits.items()},
        }

    def client_options(self) -> dict[str, Any]:
        """Arguments of kafka-python's clients. Raises ValueError: the password is missing or unusable."""
        options: dict[str, Any] = {"bootstrap_servers": self.bootstrap}
        if self.security != "plaintext":
            options["security_protocol"] = self.security.upper()
        if self.encrypted and self.ca is not None:
            options["ssl_cafile"] = str(self.ca)
        if self.logs_in:
            options |= {
                "sasl_mechanism": self.mechanism,
                "sasl_plain_username": self.user,
                "sasl_plain_password": self.read_password(),
            }
        return options

    def read_password(self) -> str:
        """The password, as Java's login line can hold it: it stands there between quotes.

        Raises
        ------
        ValueError : there is none, its file cannot be read, or it holds what Java would read otherwise.
        """
        if self.password_file is not None:
            where, password = str(self.password_file), _content(self.password_file)
        elif self.password is not None:
            where, password = PASSWORD, self.password.get_secret_value()
        else:
            raise ValueError(f"user {self.user} has no password: set {PASSWORD}_FILE or {PASSWORD}")
        if not password:
            raise ValueError(f"the password in {where} is empty")
        if any(character in password for character in '"\\\n\r'):
            raise ValueError(
                f"the password in {where} holds a quote, a backslash or a line break, which Kafka's Java "
                "client cannot take: write it with `printf %s`, or choose another one"
            )
        return password


def _content(file: Path) -> str:
    try:
        return file.read_text()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        raise ValueError(f"the password file {file} cannot be read ({reason})") from None
