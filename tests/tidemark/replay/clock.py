"""A clock that tests turn, and that waiting turns."""


class FakeClock:
    """Seconds; also a Stop that is told to end at `stop_at`."""

    def __init__(self, stop_at: float = float("inf"), cost: float = 0.0) -> None:
        self.now = 0.0
        self.waits: list[float] = []
        self._stop_at, self._cost = stop_at, cost

    def __call__(self) -> float:
        return self.now

    def is_set(self) -> bool:
        return self.now >= self._stop_at

    def wait(self, timeout: float) -> bool:
        self.waits.append(timeout)
        self.now = min(self.now + timeout, max(self._stop_at, self.now))
        return self.is_set()

    def send(self, _key: bytes, _value: bytes) -> None:
        """Sending takes its time."""
        self.now += self._cost
