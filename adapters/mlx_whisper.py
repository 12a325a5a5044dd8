"""mlx-whisper 0.4: Whisper on MLX, on Apple silicon."""

from __future__ import annotations

import importlib.metadata
from typing import Any

from .chunk import Chunk
from .frame import capabilities, model_of, needs, serve
from .whisper_result import options_of, recognition_of

with needs("mlx-whisper==0.4.3"):
    import mlx.core as mx
    import mlx_whisper
    from mlx_whisper.tokenizer import LANGUAGES
    from mlx_whisper.transcribe import ModelHolder


class MlxWhisper:
    """`settings`: `model` (a folder, or a repository such as `mlx-community/whisper-base-mlx`)."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self._path = model_of(settings)
        model = ModelHolder.get_model(self._path, mx.float16)
        spoken = ["auto", *list(LANGUAGES)[: model.num_languages]] if model.is_multilingual else ["en"]
        self.capabilities = capabilities(spoken, words=True, translate=model.is_multilingual, abort=False)

    def decode(self, chunk: Chunk) -> dict[str, Any]:
        options = {**options_of(chunk), "word_timestamps": chunk.words}
        return recognition_of(mlx_whisper.transcribe(chunk.samples(), path_or_hf_repo=self._path, **options), chunk)

    def close(self) -> None:
        ModelHolder.model = ModelHolder.model_path = None


class Adapter:
    name = "mlx-whisper"
    version = importlib.metadata.version("mlx-whisper")
    backend = f"MLX {importlib.metadata.version('mlx')} on Metal"
    open = MlxWhisper


serve(Adapter())
