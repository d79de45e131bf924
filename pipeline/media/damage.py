"""What of a stream did not decode: counted, and told on."""

from dataclasses import dataclass


@dataclass
class Damage:
    """What of a stream did not decode, counted while it is read."""

    n_errors: int = 0
    first: str = ""
    last: str = ""

    def add(self, reason: str) -> None:
        """Count one more packet or frame that is lost; the first and last reasons are kept."""
        self.n_errors += 1
        self.first = self.first or reason
        self.last = reason

    @property
    def state(self) -> tuple[int, str]:
        """How many are lost by now, and why the last one."""
        return self.n_errors, self.last

    def describe(self) -> str:
        """How often and what, "" where nothing was lost."""
        return f"{self.n_errors} times, first: {self.first}" if self.n_errors else ""

    def alive(self) -> None:
        """Called for every packet that is read; who waits for a decoder may look at it."""
