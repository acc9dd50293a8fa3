"""Starting services side by side: all of them, or none."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait

from tidemark.stack.processes import Started
from tidemark.stack.service import Service


def start_all(
    services: Sequence[Service],
    started: Callable[[str, Started], None],
    undo: Callable[[], None],
    say: Callable[[str], None],
) -> None:
    """Start them and return when all answer.

    Parameters
    ----------
    started : told of each process at once, from several threads.
    undo : ends those it was told of; called when one service fails, or Ctrl-C is pressed.
    say : told of each service that answers.

    Raises
    ------
    UserError : a service ended, or does not answer in time.
    """

    def start_one(service: Service) -> None:
        began = time.monotonic()
        process = service.start()
        started(service.name, process)
        service.wait(process)
        say(f"{service.name} answers on {service.address} ({time.monotonic() - began:.1f} s)")

    try:
        with ThreadPoolExecutor(len(services)) as pool:
            try:
                done, _ = wait([pool.submit(start_one, one) for one in services], return_when=FIRST_EXCEPTION)
                for future in done:
                    future.result()
            except BaseException:
                undo()  # a service that has ended is not waited for
                raise
    except BaseException:
        undo()  # one that was still being prepared may have started since
        raise
