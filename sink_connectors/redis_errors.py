"""What Redis' refusals mean, in one line with what to do."""

from ssl import SSLCertVerificationError

from redis.exceptions import AuthenticationError, NoPermissionError, ResponseError

from sink_connectors.redis_address import CA, PASSWORD_FILE, RedisAddress

_DENIED_IN_FUNCTION = ("The user executing the script can't", "ACL failure in script")  # Redis 7.0, later


def is_permission(error: BaseException) -> bool:
    """Whether the user may not do what was asked for, directly or in a function."""
    return isinstance(error, NoPermissionError) or any(text in str(error) for text in _DENIED_IN_FUNCTION)


def certificate_failure(error: BaseException | None) -> SSLCertVerificationError | None:
    """Why the server's certificate is not trusted, if that is what lies behind the error."""
    while error is not None and not isinstance(error, SSLCertVerificationError):
        error = error.__cause__ or error.__context__
    return error


def explained(error: BaseException, address: RedisAddress) -> str:
    """What is wrong, where, and what to do. No password is in it."""
    if is_permission(error):
        return f"Redis at {address} denies its user a right ({error}): docs/redis.md lists those it needs"
    if isinstance(error, AuthenticationError):
        return (
            f"Redis at {address} refuses the user or password ({error}): mend the user in the URL,"
            f" or what {PASSWORD_FILE} names"
        )
    untrusted = certificate_failure(error)
    if untrusted is not None:
        authority = address.ca or "no authority of this system"
        return (
            f"Redis at {address} shows a certificate that is not trusted ({untrusted.verify_message};"
            f" trusted: {authority}): name its authority in {CA}, and the host as the certificate does"
        )
    if isinstance(error, ResponseError):
        return f"Redis at {address} refuses: {error}"
    return (
        f"Redis does not answer at {address} ({error}): start it, or name another"
        " (rediss:// for a port with TLS, redis:// for one without)"
    )
