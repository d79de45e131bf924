"""What decides whether a speech stage runs again: settings, and which weights there are.

Nothing heavy is imported here: it is asked whenever the workflow is planned.
"""

from pathlib import Path
from typing import Any, Final

from pipeline.base.digests import remembered_digest
from pipeline.base.errors import CheckpointError
from pipeline.base.files import canonical_json, text_digest
from pipeline.base.libraries import WAVEFORMS, versions_of
from pipeline.config.settings import dump
from pipeline.config.speech import HF, SpeechSettings
from pipeline.features.speech.networks import MOONSHINE, SILERO, VOICES, network_fingerprint
from pipeline.features.weights.locating import MISSING, model_files

SETTINGS: Final = {
    "find_speech": ("min_probability", "pause_s", "longest_s"),
    "tell_speakers": ("speakers", "number"),
    "transcribe": ("transcribe", "min_log_probability"),
}
LIBRARIES: Final = (*WAVEFORMS, "numpy", "onnxruntime", "scipy")
OF_WHISPER: Final = ("tokenizers", "transformers")


def versions_of_step(transcribe: str = "") -> dict[str, str]:
    """Of what computes a step of speech; `transcribe`: whose words, where it hears them."""
    return versions_of((*LIBRARIES, *(OF_WHISPER if transcribe.startswith(HF) else ())))


def folder_digest(folder: Path, cache: Path) -> str:
    """Digest of the files of a model's folder that count; CheckpointError where it holds none."""
    if not folder.is_dir():
        raise CheckpointError(f"speech.transcribe: there is no folder {str(folder)!r}")
    pairs = [(file.name, remembered_digest(file, cache)) for file in model_files(folder)]
    return text_digest(canonical_json(pairs))


def transcriber_fingerprint(name: str, cache: Path) -> str:
    """Of the weights of `speech.transcribe`."""
    if name == "none":
        return ""
    if not name.startswith(HF):
        return network_fingerprint(MOONSHINE)
    try:
        return folder_digest(Path(name.removeprefix(HF)), cache)
    except CheckpointError:
        return MISSING


def decided(rule: str, section: SpeechSettings, cache: Path) -> tuple[dict[str, Any], Any]:
    """What a stage is handed, and what of it decides: a place of weights does not."""
    settings = {name: value for name, value in dump(section).items() if name in SETTINGS[rule]}
    if rule == "transcribe":
        name: str = settings["transcribe"]
        return settings, {
            **settings,
            "transcribe": name.partition(":")[0],
            "networks": [transcriber_fingerprint(name, cache)],
            "libraries": versions_of_step(name),
        }
    used = (SILERO,) if rule == "find_speech" else (VOICES, SILERO)
    networks = [network_fingerprint(network) for network in used]
    return settings, {**settings, "networks": networks, "libraries": versions_of_step()}
