"""Words by a Whisper-family model in a folder in the layout of the hub; any language it knows."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError

from pipeline.base.errors import CheckpointError
from pipeline.features.speech.words import Words, without_loop
from pipeline.features.weights.offline import refuse_network
from pipeline.media.arrays import Waveform
from pipeline.media.speech_rate import SAMPLE_RATE_HZ

MOST_TOKENS = 200  # of half a minute


def load_whisper(folder: Path) -> "Whisper":
    """The model; CheckpointError where the folder holds another one."""
    refuse_network()
    from transformers import AutoProcessor, WhisperForConditionalGeneration

    try:
        processor = AutoProcessor.from_pretrained(folder, local_files_only=True)
        model = WhisperForConditionalGeneration.from_pretrained(
            folder, local_files_only=True, use_safetensors=True
        )
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        raise CheckpointError(
            f"speech.transcribe: {folder} holds no Whisper model that can be read: {error}"
        ) from None
    return Whisper(processor, model.eval())


class Whisper:
    """Half a minute at a time, the likeliest token each time."""

    def __init__(self, processor: Any, model: Any) -> None:
        self._processor, self._model = processor, model
        # Else the network chooses between this and a translation; those of English alone know none.
        is_of_many = getattr(model.generation_config, "is_multilingual", False)
        self._asked = {"task": "transcribe"} if is_of_many else {}

    def hear(self, samples: Waveform) -> Words:
        """What is said in at most 30 s."""
        inputs = self._processor(samples, sampling_rate=SAMPLE_RATE_HZ, return_tensors="pt")

        with torch.inference_mode():
            out = self._model.generate(
                inputs.input_features,
                max_new_tokens=MOST_TOKENS,
                do_sample=False,
                num_beams=1,
                return_dict_in_generate=True,
                output_scores=True,
                **self._asked,
            )

        n_written = len(out.scores)
        tokens = out.sequences[0, -n_written:].tolist() if n_written else []
        tokens = tokens[: without_loop(tokens)]
        logs = [
            float(scores[0].log_softmax(-1)[token])
            for scores, token in zip(out.scores, tokens, strict=False)
        ]
        text = self._processor.decode(tokens, skip_special_tokens=True).strip()
        finite = [log for log in logs if np.isfinite(log)]
        return Words(text, float(np.mean(finite)) if finite else None, len(finite))
