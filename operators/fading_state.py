"""Keyed state of Python whose entries go when nothing was written to them for so long."""

from typing import Any

from pyflink.common import Types
from pyflink.common.time import Time
from pyflink.common.typeinfo import TypeInformation
from pyflink.datastream import RuntimeContext
from pyflink.datastream.state import MapStateDescriptor, StateTtlConfig

BLOB = Types.PRIMITIVE_ARRAY(Types.BYTE())


def fading_map(context: RuntimeContext, name: str, key: TypeInformation, retention_ms: int) -> Any:
    """A map of bytes, each entry with a time to live in processing time; then it goes as Flink cleans up.

    Until then it may still be read. Where that is forbidden, Python asks the JVM for every entry, one by one,
    and waits for each that it writes: half the CPU of article scores.
    """
    lives = StateTtlConfig.new_builder(Time.milliseconds(retention_ms))
    descriptor = MapStateDescriptor(name, key, BLOB)
    descriptor.enable_time_to_live(lives.return_expired_if_not_cleaned_up().build())
    return context.get_map_state(descriptor)
