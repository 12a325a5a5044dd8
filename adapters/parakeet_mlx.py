"""parakeet-mlx 0.7: NVIDIA's Parakeet on MLX, on Apple silicon."""

from __future__ import annotations

import importlib.metadata
from typing import Any

from .chunk import Chunk, word_of
from .frame import capabilities, model_of, needs, serve
from .languages import EUROPEAN

with needs("parakeet-mlx==0.7.0"):
    import mlx.core as mx
    from parakeet_mlx import AlignedToken, from_pretrained
    from parakeet_mlx.audio import get_logmel


class Parakeet:
    """`settings`: `model` (a folder, or a repository such as `mlx-community/parakeet-tdt-0.6b-v2`)."""

    def __init__(self, settings: dict[str, Any]) -> None:
        name = model_of(settings)
        self._model = from_pretrained(name)
        self._is_english = "-v3" not in name
        spoken = ["en"] if self._is_english else ["auto", *EUROPEAN]
        self.capabilities = capabilities(spoken, words=True, translate=False, abort=False)

    def decode(self, chunk: Chunk) -> dict[str, Any]:
        spectrogram = get_logmel(mx.array(chunk.samples()), self._model.preprocessor_config)
        [result] = self._model.generate(spectrogram)
        segments = [
            chunk.segment(sentence.text, sentence.start, sentence.end, words=words_of(sentence.tokens, chunk))
            for sentence in result.sentences
        ]
        # It hears the language by itself, and does not say which it was.
        return {"segments": segments, "language": chunk.language or ("en" if self._is_english else "und")}

    def close(self) -> None:
        del self._model


def words_of(tokens: list[AlignedToken], chunk: Chunk) -> list[dict[str, Any]]:
    """Tokens gathered into words: a word begins with a space."""
    groups: list[list[AlignedToken]] = []
    for token in tokens:
        if groups and not token.text.startswith(" "):
            groups[-1].append(token)
        else:
            groups.append([token])
    return [
        word_of(
            "".join(token.text for token in group),
            group[0].start,
            group[-1].end,
            sum(token.confidence for token in group) / len(group),
        )
        for group in groups
    ]


class Adapter:
    name = "parakeet-mlx"
    version = importlib.metadata.version("parakeet-mlx")
    backend = f"MLX {importlib.metadata.version('mlx')} on Metal"
    open = Parakeet


serve(Adapter())
