"""FluidAudio's program: Parakeet on the Neural Engine. It does not stay: every chunk starts it, and loads again."""

from __future__ import annotations

import json
from typing import Any

from .chunk import Chunk, word_of
from .frame import capabilities, model_of, serve
from .languages import EUROPEAN
from .program import built, find, run, wav_of

PROGRAM = find(
    "fluidaudiocli",
    "git clone https://github.com/FluidInference/FluidAudio && cd FluidAudio && "
    "swift build -c release --product fluidaudiocli && cp .build/release/fluidaudiocli /usr/local/bin/",
)


class FluidAudio:
    """`settings`: `variant` (`v2`, `v3`), `model` (a folder, instead of FluidAudio's own)."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self._version: str = settings.get("variant", "v3")
        self._options = ["--model-version", self._version]
        if "model" in settings:
            self._options += ["--model-dir", model_of(settings)]
        spoken = ["en"] if self._version == "v2" else ["auto", *EUROPEAN]
        self.capabilities = capabilities(spoken, words=True, translate=False, abort=True)

    def decode(self, chunk: Chunk) -> dict[str, Any]:
        # Only v3 takes a language.
        hint = ["--language", chunk.language] if chunk.language and self._version != "v2" else []
        with wav_of(chunk) as path:
            answer = f"{path}.json"
            run([PROGRAM, "transcribe", path, *self._options, *hint, "--output-json", answer], chunk)
            with open(answer, encoding="utf-8") as file:
                result = json.load(file)
        words = [
            word_of(word["word"], word["startTime"], word["endTime"], word["confidence"])
            for word in result["wordTimings"]
        ]
        start = words[0]["startSeconds"] if words else 0.0
        end = words[-1]["endSeconds"] if words else chunk.seconds
        segments = [chunk.segment(result["text"], start, end, words=words)]
        # It hears the language by itself, and does not say which it was.
        return {"segments": segments, "language": chunk.language or ("en" if self._version == "v2" else "und")}

    def close(self) -> None:
        pass


class Adapter:
    name = "fluidaudio"
    version = built(PROGRAM)
    backend = "Core ML"
    open = FluidAudio


serve(Adapter())
