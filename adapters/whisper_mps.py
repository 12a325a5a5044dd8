"""whisper-mps 0.0: OpenAI's checkpoints on MLX, on Apple silicon."""

from __future__ import annotations

import importlib.metadata
import os
from typing import Any

from .chunk import Chunk, Failure
from .frame import capabilities, needs, serve
from .whisper_result import options_of, recognition_of

with needs("whisper-mps==0.0.10"):
    import mlx.core as mx
    from whisper_mps import whisper
    from whisper_mps.whisper.tokenizer import LANGUAGES
    from whisper_mps.whisper.transcribe import ModelHolder

# Where the library keeps its checkpoints; there is no way to tell it another place.
CHECKPOINTS = os.path.expanduser("~/.cache/whisper")
FILES = {"large": "large-v3", "turbo": "large-v3-turbo"}


class WhisperMps:
    """`settings`: `model` (a name such as `base`, or a checkpoint's path), `download`."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self._name: str = settings["model"]
        path = os.path.join(CHECKPOINTS, f"{FILES.get(self._name, self._name)}.pt")
        if not (settings.get("download") or os.path.isfile(path) or os.path.isfile(self._name)):
            raise Failure("MODEL_MISSING", f"There is no checkpoint at {path}; with `download: true` it is fetched.")
        model = ModelHolder.get_model(self._name, mx.float16)
        spoken = ["auto", *list(LANGUAGES)[: model.num_languages]] if model.is_multilingual else ["en"]
        self.capabilities = capabilities(spoken, words=False, translate=model.is_multilingual, abort=False)

    def decode(self, chunk: Chunk) -> dict[str, Any]:
        return recognition_of(whisper.transcribe(chunk.samples(), model=self._name, **options_of(chunk)), chunk)

    def close(self) -> None:
        ModelHolder.model = ModelHolder.model_name = None


class Adapter:
    name = "whisper-mps"
    version = importlib.metadata.version("whisper-mps")
    backend = f"MLX {importlib.metadata.version('mlx')} on Metal"
    open = WhisperMps


serve(Adapter())
