"""lightning-whisper-mlx 0.0: Whisper on MLX in batches, on Apple silicon."""

from __future__ import annotations

import importlib.metadata
import os
from typing import Any

from .chunk import SAMPLE_RATE, Chunk
from .frame import capabilities, needs, serve

with needs("lightning-whisper-mlx==0.0.10"):
    from lightning_whisper_mlx import LightningWhisperMLX
    from lightning_whisper_mlx.tokenizer import LANGUAGES
    from lightning_whisper_mlx.transcribe import ModelHolder

# The library counts segments in steps of its spectrogram.
STEP_SECONDS = 160 / SAMPLE_RATE


class LightningWhisper:
    """`settings`: `model` (a name such as `base`), `folder`, `variant` (`4bit`, `8bit`), `batchSize`."""

    def __init__(self, settings: dict[str, Any]) -> None:
        # It keeps models in `mlx_models` of the working folder.
        folder = os.path.expanduser(settings.get("folder", "~/.cache/lightning-whisper-mlx"))
        os.makedirs(folder, exist_ok=True)
        os.chdir(folder)
        name: str = settings["model"]
        self._model = LightningWhisperMLX(
            model=name, batch_size=settings.get("batchSize", 12), quant=settings.get("variant")
        )
        spoken = ["en"] if name.endswith(".en") or name.startswith("distil-") else ["auto", *LANGUAGES]
        self.capabilities = capabilities(spoken, words=False, translate=False, abort=False)

    def decode(self, chunk: Chunk) -> dict[str, Any]:
        result = self._model.transcribe(chunk.samples(), language=chunk.language)
        segments = [
            chunk.segment(text, start * STEP_SECONDS, end * STEP_SECONDS) for start, end, text in result["segments"]
        ]
        return {"segments": segments, "language": result["language"]}

    def close(self) -> None:
        ModelHolder.model = ModelHolder.model_path = None


class Adapter:
    name = "lightning-whisper-mlx"
    version = importlib.metadata.version("lightning-whisper-mlx")
    backend = f"MLX {importlib.metadata.version('mlx')} on Metal"
    open = LightningWhisper


serve(Adapter())
