"""faster-whisper 1.2: Whisper on CTranslate2, on any CPU and on CUDA."""

from __future__ import annotations

import importlib.metadata
from typing import Any

from .chunk import Chunk, word_of
from .frame import capabilities, model_of, needs, serve

with needs("faster-whisper==1.2.1"):
    import ctranslate2
    from faster_whisper import WhisperModel

TEMPERATURES = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)


class FasterWhisper:
    """`settings`: `model` (a folder, or a name such as `base`), `variant` (a compute type), `device`, `threads`.

    It decodes one chunk at a time, so that one gets the threads of all slots.
    """

    def __init__(self, settings: dict[str, Any]) -> None:
        self._model = WhisperModel(
            model_of(settings),
            device=settings.get("device", "cpu"),
            compute_type=settings.get("variant", "int8"),
            cpu_threads=settings.get("threads") or settings.get("slots", 1) * settings.get("threadsPerSlot", 0),
            num_workers=1,
        )
        languages: list[str] = self._model.supported_languages
        is_multilingual = len(languages) > 1
        self.capabilities = capabilities(
            ["auto", *languages] if is_multilingual else languages,
            words=True,
            translate=is_multilingual,
            abort=True,
            streaming=True,
        )

    def decode(self, chunk: Chunk) -> dict[str, Any]:
        produced, about = self._model.transcribe(
            chunk.samples(),
            language=chunk.language,
            task="translate" if chunk.translate else "transcribe",
            beam_size=chunk.beam_size,
            temperature=TEMPERATURES if chunk.may_retry else 0.0,
            condition_on_previous_text=False,
            initial_prompt=chunk.prompt,
            word_timestamps=chunk.words,
            vad_filter=False,
            # The densest speech has about 10 tokens a second; what goes on is a loop, and only costs time.
            max_new_tokens=min(round(24 + 14 * chunk.seconds), 220),
        )
        segments, text = [], ""
        no_speech, temperature = 0.0, 0.0
        for at, segment in enumerate(produced):
            words = [word_of(word.word, word.start, word.end, word.probability) for word in segment.words or ()]
            segments.append(chunk.segment(segment.text, segment.start, segment.end, segment.avg_logprob, words))
            no_speech = segment.no_speech_prob if at == 0 else min(no_speech, segment.no_speech_prob)
            temperature = max(temperature, segment.temperature or 0.0)
            text += segment.text
            chunk.told(text)
        recognition = {
            "segments": segments,
            "language": about.language,
            "noSpeechProbability": float(no_speech),
            "temperature": float(temperature),
        }
        if not chunk.language:
            recognition["languageProbability"] = float(about.language_probability)
        return recognition

    def close(self) -> None:
        self._model.model.unload_model()


class Adapter:
    name = "faster-whisper"
    version = importlib.metadata.version("faster-whisper")
    backend = f"CTranslate2 {ctranslate2.__version__}"
    open = FasterWhisper


serve(Adapter())
