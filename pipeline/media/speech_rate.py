"""The rate that every network for speech hears at; whoever cuts or counts samples takes it here."""

from typing import Final

SAMPLE_RATE_HZ: Final = 16_000
