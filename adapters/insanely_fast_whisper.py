"""insanely-fast-whisper 0.0: Whisper in a transformers pipeline, on CUDA, Apple's GPUs and CPUs.

That package is a command-line program around the pipeline; here the pipeline stays in memory.
"""

from __future__ import annotations

import importlib.metadata
from typing import Any

from .chunk import Chunk, word_of
from .frame import capabilities, model_of, needs, serve

with needs("insanely-fast-whisper==0.0.15 transformers==5.23.0"):
    import torch
    from transformers import pipeline
    from transformers.models.whisper.tokenization_whisper import LANGUAGES, TO_LANGUAGE_CODE


def best_device() -> str:
    if torch.cuda.is_available():
        return "cuda:0"
    return "mps" if torch.backends.mps.is_available() else "cpu"


class InsanelyFastWhisper:
    """`settings`: `model` (a folder, or a repository such as `openai/whisper-base`), `device`."""

    def __init__(self, settings: dict[str, Any]) -> None:
        device = settings.get("device") or best_device()
        self._pipeline = pipeline(
            "automatic-speech-recognition",
            model=model_of(settings),
            dtype=torch.float32 if device == "cpu" else torch.float16,
            device=device,
            model_kwargs={"attn_implementation": "sdpa"},
        )
        self._is_multilingual = bool(self._pipeline.model.generation_config.is_multilingual)
        spoken = ["auto", *LANGUAGES] if self._is_multilingual else ["en"]
        self.capabilities = capabilities(spoken, words=True, translate=self._is_multilingual, abort=False)

    def decode(self, chunk: Chunk) -> dict[str, Any]:
        options: dict[str, Any] = {"num_beams": chunk.beam_size}
        if self._is_multilingual:
            options["task"] = "translate" if chunk.translate else "transcribe"
            options["language"] = chunk.language
        result = self._pipeline(
            chunk.samples(),
            return_timestamps="word" if chunk.words else True,
            return_language=True,
            generate_kwargs=options,
        )
        pieces = result["chunks"]
        if chunk.words:
            segments = [whole(result["text"], pieces, chunk)] if pieces else []
        else:
            segments = [chunk.segment(piece["text"], *span(piece, chunk)) for piece in pieces]
        heard = next((piece["language"] for piece in pieces if piece.get("language")), None)
        language = chunk.language or (TO_LANGUAGE_CODE.get(heard, heard) if self._is_multilingual else "en")
        return {"segments": segments, "language": language or "und"}

    def close(self) -> None:
        del self._pipeline


def whole(text: str, pieces: list[dict[str, Any]], chunk: Chunk) -> dict[str, Any]:
    """One segment of everything: with word times the pipeline does not say where segments end, nor how sure it is."""
    words = [word_of(piece["text"], *span(piece, chunk), 1.0) for piece in pieces]
    return chunk.segment(text, words[0]["startSeconds"], words[-1]["endSeconds"], words=words)


def span(piece: dict[str, Any], chunk: Chunk) -> tuple[float, float]:
    """A piece that the model did not close ends with the chunk."""
    start, end = piece["timestamp"]
    return start or 0.0, chunk.seconds if end is None else end


class Adapter:
    name = "insanely-fast-whisper"
    version = importlib.metadata.version("transformers")
    backend = f"PyTorch {torch.__version__} on {best_device()}"
    open = InsanelyFastWhisper


serve(Adapter())
