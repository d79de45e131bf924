"""`speech`: how utterances are found in videos that no table describes."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, WithJsonSchema

from pipeline.config.faults import did_you_mean
from pipeline.config.settings import Section, expand_home

HF = "hf:"
TRANSCRIBERS = ("moonshine", "none", "hf:<folder>")
MAX_SPEAKERS = 20


def _one_of_transcribers(value: str) -> str:
    if value.startswith(HF) and value != HF:
        return HF + expand_home(value[len(HF) :])
    if value not in TRANSCRIBERS[:2]:
        near = did_you_mean(value, TRANSCRIBERS[:2])
        raise ValueError(f"no such transcriber; use one of {', '.join(TRANSCRIBERS)}{near}")
    return value


Transcriber = Annotated[
    str, AfterValidator(_one_of_transcribers), WithJsonSchema({"type": "string"})
]


class SpeechSettings(Section):
    """`speech`: how utterances are found in videos that no table describes."""

    min_probability: Annotated[float, Field(gt=0, lt=1)] = 0.5
    """Of speech, where an utterance begins."""
    pause_s: Annotated[float, Field(ge=0.1, le=5)] = 0.3
    """Seconds without speech that end an utterance."""
    longest_s: Annotated[float, Field(ge=2, le=60)] = 15.0
    """Seconds of an utterance; a longer one is cut where speech is least likely."""
    speakers: Literal["voice", "none"] = "voice"
    """Who speaks: told apart by their voices, per file; none = nobody is named."""
    number: Literal["auto"] | Annotated[int, Field(ge=1, le=MAX_SPEAKERS)] = "auto"
    """Speakers of each file; auto = as many as differ in their voices, at most 10."""
    transcribe: Transcriber = "moonshine"
    """Words: moonshine (English), hf:<folder> with a Whisper model, or none."""
    min_log_probability: Annotated[float, Field(ge=-10, le=0)] = -0.65
    """Moonshine: mean of a token below which speech is taken for no English, and has no words."""
