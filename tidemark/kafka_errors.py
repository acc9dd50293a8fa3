"""Why Kafka cannot be reached or refuses, in one line: what, where, and what to do."""

import logging
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from flink_jobs.kafka_access import PASSWORD, PREFIX, KafkaAccess
from tidemark.errors import UserError

CONNECT_TIMEOUT_S = 5
"""How long a person waits, at most, to read that there is no Kafka."""

WHERE_ELSE = "`tidemark up` starts a local Kafka; --kafka or TIDEMARK_KAFKA names another"
SECURITY = f"{PREFIX}_SECURITY"


def addresses(bootstrap: str) -> list[tuple[str, int]]:
    """Host and port of each bootstrap server. Raises UserError: not `host:port[,host:port]`."""
    servers = []
    for server in bootstrap.split(","):
        host, _, port = server.strip().rpartition(":")
        if not (host and port.isascii() and port.isdecimal() and 0 < int(port[:6]) < 65_536):
            raise UserError(f"Kafka address {bootstrap!r} does not read host:port[,host:port]. {WHERE_ELSE}")
        servers.append((host.strip("[]"), int(port)))
    return servers


def check_reachable(kafka: KafkaAccess) -> None:
    """Return once one of the servers accepts a connection, and where it shall be encrypted, proves who it is.

    kafka-python would try a refused address again and again for the whole timeout, and would not say why.

    Raises
    ------
    UserError : no address, nobody there, not TLS, or a certificate that nobody we trust vouches for.
    """
    reason = ""
    trust = _trust(kafka) if kafka.encrypted else None
    for host, port in addresses(kafka.bootstrap):
        try:
            with socket.create_connection((host, port), CONNECT_TIMEOUT_S) as connection:
                if trust is not None:
                    _shake_hands(trust, connection, host, kafka)
                return
        except OSError as error:
            reason = error.strerror or str(error)
    raise UserError(f"no Kafka at {kafka} ({reason}). {WHERE_ELSE}")


@contextmanager
def kafka_errors(kafka: KafkaAccess) -> Iterator[None]:
    """Turn what kafka-python raises, while it connects or is asked something, into a UserError."""
    from kafka.errors import KafkaError, KafkaTimeoutError

    with _heard() as attempts:
        try:
            yield
        except KafkaError as error:
            if not isinstance(error, KafkaTimeoutError):
                raise UserError(f"Kafka at {kafka} refused: {error}") from error
            raise UserError(_no_answer(kafka, attempts.hung_up)) from error


def _no_answer(kafka: KafkaAccess, hung_up: bool) -> str:
    """What it may mean: brokers hang up on a client that speaks otherwise than they do, or may not log in."""
    nothing = f"no answer from Kafka at {kafka} within {CONNECT_TIMEOUT_S} seconds"
    if not kafka.encrypted and any(_speaks_tls(host, port) for host, port in addresses(kafka.bootstrap)):
        return f"{nothing}: it speaks TLS, we do not; set {SECURITY}=ssl or sasl_ssl, and {PREFIX}_CA"
    if hung_up and kafka.logs_in:
        return (
            f"Kafka at {kafka} does not let user {kafka.user!r} in: mend {PREFIX}_USER, {PREFIX}_MECHANISM "
            f"({kafka.mechanism}) or the password in {kafka.password_file or PASSWORD}"
        )
    if hung_up:
        return f"{nothing}: if it wants a login, set {SECURITY}=sasl_{kafka.security} and {PREFIX}_USER"
    return f"{nothing}. {WHERE_ELSE}"


class _Attempts(logging.Handler):
    """kafka-python tries again until the time is up, and tells its log alone why each attempt failed.

    hung_up : the broker ended a connection; kafka-python may miss that it said why.
    """

    hung_up = False

    def emit(self, record: logging.LogRecord) -> None:
        from kafka.errors import KafkaConnectionError, SaslAuthenticationFailedError

        hang_ups = (KafkaConnectionError, SaslAuthenticationFailedError)
        causes = record.args if isinstance(record.args, tuple) else ()
        self.hung_up |= any(isinstance(cause, hang_ups) for cause in causes)


@contextmanager
def _heard() -> Iterator[_Attempts]:
    """What kafka-python logs in the block goes to us instead of the terminal: a person gets one line."""
    logger, attempts = logging.getLogger("kafka"), _Attempts()
    logger.addHandler(attempts)
    logger.propagate = False
    try:
        yield attempts
    finally:
        logger.propagate = True
        logger.removeHandler(attempts)


def _trust(kafka: KafkaAccess) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=kafka.ca)
    except OSError as error:  # an SSLError is one: the file holds no certificate
        raise UserError(
            f"{PREFIX}_CA={kafka.ca}: no certificate can be read there ({error.strerror or error}); "
            "it names the PEM file of the authority"
        ) from error


def _shake_hands(trust: ssl.SSLContext, connection: socket.socket, host: str, kafka: KafkaAccess) -> None:
    try:
        trust.wrap_socket(connection, server_hostname=host).close()
    except ssl.SSLCertVerificationError as error:
        by = kafka.ca or "the authorities that Python knows"
        raise UserError(
            f"the certificate of Kafka at {kafka} is not vouched for by {by} ({error.verify_message}): "
            f"point {PREFIX}_CA at the PEM file of its authority"
        ) from error
    except (ssl.SSLError, ConnectionError) as error:
        raise UserError(
            f"Kafka at {kafka} does not speak TLS: set {SECURITY}="
            f"{'sasl_plaintext' if kafka.logs_in else 'plaintext'}, or name its TLS port"
        ) from error


def _speaks_tls(host: str, port: int) -> bool:
    """Whether the server shakes hands; who it is does not matter here."""
    anybody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    anybody.check_hostname, anybody.verify_mode = False, ssl.CERT_NONE
    try:
        with socket.create_connection((host, port), 1) as connection:
            anybody.wrap_socket(connection).close()
        return True
    except OSError:
        return False
