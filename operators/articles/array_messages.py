"""Messages between Python operators: structures with arrays, as bytes."""

from typing import Any, TypeVar

import msgspec
import numpy as np

Message = TypeVar("Message", bound=msgspec.Struct)


def encoded(message: msgspec.Struct) -> bytes:
    """MessagePack; an array as its type, shape and bytes."""
    return msgspec.msgpack.encode(message, enc_hook=_parts)


def decoded(message: bytes, of: type[Message]) -> Message:
    """What `encoded` was given; its arrays cannot be written to."""
    return msgspec.msgpack.decode(message, type=of, dec_hook=_array)


def _parts(array: Any) -> tuple[str, tuple[int, ...], bytes]:
    return array.dtype.str, array.shape, array.tobytes()


def _array(_type: type, parts: Any) -> np.ndarray:  # type: ignore[type-arg]
    kind, shape, content = parts
    return np.frombuffer(content, np.dtype(kind)).reshape(shape)
