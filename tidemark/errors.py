"""The one error that a person is meant to read."""

from pydantic import ValidationError


class UserError(Exception):
    """Something the person can mend: what is wrong, where, and what to do, in one line.

    The command line prints it without a stack trace and ends with `exit_code`:
    2 for wrong configuration or input, 1 for something that failed while running.
    """

    def __init__(self, message: str, exit_code: int = 2) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def described(error: ValidationError) -> str:
    """Each wrong field and why, in one line."""
    return "; ".join(
        f"{'.'.join(str(part) for part in wrong['loc'])}: {wrong['msg'].removeprefix('Value error, ')}"
        for wrong in error.errors()
    )
