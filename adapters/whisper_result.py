"""The dictionary that openai/whisper's `transcribe` returns, and so do the libraries that were made after it."""

from __future__ import annotations

from typing import Any

from .chunk import Chunk, word_of


def recognition_of(result: dict[str, Any], chunk: Chunk) -> dict[str, Any]:
    produced = result["segments"]
    segments = []
    for segment in produced:
        words = [
            word_of(word["word"], word["start"], word["end"], word["probability"])
            for word in segment.get("words", ())
        ]
        segments.append(chunk.segment(segment["text"], segment["start"], segment["end"], segment["avg_logprob"], words))
    recognition: dict[str, Any] = {"segments": segments, "language": result["language"]}
    if produced:
        recognition["noSpeechProbability"] = min(float(segment["no_speech_prob"]) for segment in produced)
        recognition["temperature"] = max(float(segment["temperature"]) for segment in produced)
    return recognition


def options_of(chunk: Chunk) -> dict[str, Any]:
    """What these libraries take besides the audio and the model. None of them has a beam search on MLX."""
    options: dict[str, Any] = {
        "language": chunk.language,
        "task": "translate" if chunk.translate else "transcribe",
        "initial_prompt": chunk.prompt,
        "condition_on_previous_text": False,
    }
    if not chunk.may_retry:
        options["temperature"] = 0.0
    return options
