"""What secures a local stack: a throw-away authority, certificates and passwords."""

import secrets
from dataclasses import dataclass
from pathlib import Path

from tidemark.errors import UserError
from tidemark.stack.ports import LOOPBACK

USER = "tidemark"
"""The user of the jobs and the command line, on Kafka and on Redis."""
SERVERS = ("kafka", "redis")
SECRETS = "secrets"
"""Their folder under the run folder."""
PASSWORDS = ("kafka", "kafka-broker", "redis")


@dataclass(frozen=True)
class Secrets:
    """Files in `folder`, for their owner only. Other files name these and do not repeat them."""

    folder: Path

    @property
    def authority(self) -> Path:
        """The certificate of the authority that vouches for the servers; no secret."""
        return self.folder / "ca.pem"

    def certificate(self, server: str) -> Path:
        """Key and certificate of one of `SERVERS`, in PEM."""
        return self.folder / f"{server}.pem"

    def password_file(self, name: str) -> Path:
        """The file of one of `PASSWORDS`."""
        return self.folder / f"{name}-password"

    def password(self, name: str) -> str:
        return self.password_file(name).read_text()

    def make(self) -> None:
        """Make all that are missing; those of an earlier start stay, since the servers' data knows them."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in PASSWORDS:
            if not self.password_file(name).exists():
                write_private(self.password_file(name), secrets.token_urlsafe(24).encode())
        if not self.authority.exists():
            self._certify()

    def _certify(self) -> None:
        """An authority whose key is forgotten at once, and a certificate of each server."""
        import trustme
        from cryptography.hazmat.primitives.serialization import (
            Encoding,
            NoEncryption,
            PrivateFormat,
            load_pem_private_key,
        )

        authority = trustme.CA()
        for server in SERVERS:
            issued = authority.issue_cert(LOOPBACK, "localhost")
            key = load_pem_private_key(issued.private_key_pem.bytes(), password=None)
            # Kafka reads keys in this form only.
            pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            chain = b"".join(certificate.bytes() for certificate in issued.cert_chain_pems)
            write_private(self.certificate(server), pem + chain)
        write_private(self.authority, authority.cert_pem.bytes())


def check_unchanged(run: Path, secured: bool) -> None:
    """Raise a UserError where Kafka's data was made with users and shall do without, or the reverse."""
    made_secured = Secrets(run / SECRETS).authority.exists()
    if (run / "kafka" / "data" / "meta.properties").exists() and made_secured != secured:
        was = "secured" if made_secured else "not secured"
        raise UserError(f"the stack in {run} is {was} and stays so: set TIDEMARK_RUN to another folder")


def write_private(file: Path, content: bytes) -> None:
    """A file of mode 0600 from its first byte on, whole or not there."""
    unfinished = file.with_suffix(".part")
    unfinished.unlink(missing_ok=True)
    unfinished.touch(mode=0o600)
    unfinished.write_bytes(content)
    unfinished.replace(file)
