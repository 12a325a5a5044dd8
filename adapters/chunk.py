"""A piece of audio that is to become text."""

from __future__ import annotations

import contextlib
import threading
from typing import Any, Callable, Iterator

SAMPLE_RATE = 16_000
BYTES_PER_SAMPLE = 4


class Failure(Exception):
    """Becomes `failed` with one of the engine's codes."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Chunk:
    """A piece of audio, how to decode it, and whether somebody still wants it."""

    def __init__(self, request: dict[str, Any], pcm: bytearray, tell: Callable[[str], None]) -> None:
        self.id: int = request["id"]
        self.model: int = request["model"]
        self.pcm = pcm
        self.seconds = len(pcm) / BYTES_PER_SAMPLE / SAMPLE_RATE
        self.speech_end_seconds: float = request.get("speechEndSeconds", self.seconds)
        asked: str = request.get("language", "auto")
        self.language: str | None = None if asked == "auto" else asked
        self.translate: bool = request.get("translate", False)
        self.prompt: str | None = request.get("prompt") or None
        self.words: bool = request.get("words", False)
        self.beam_size: int = request.get("beamSize", 1)
        self.may_retry: bool = request.get("onDoubt") != "keep"
        self._tell = tell
        self._lock = threading.Lock()
        self._halted: Failure | None = None
        self._on_halt: Callable[[], None] | None = None
        self._deadline: threading.Timer | None = None
        if "deadlineSeconds" in request:
            late = Failure("DEADLINE_EXCEEDED", "The deadline passed while decoding.")
            seconds = min(max(0.0, request["deadlineSeconds"]), threading.TIMEOUT_MAX)
            self._deadline = threading.Timer(seconds, self.halt, [late])
            self._deadline.daemon = True
            self._deadline.start()

    def samples(self) -> Any:
        """As an array of numpy's, over the chunk's own memory. An adapter that asks for it needs numpy."""
        import numpy

        return numpy.frombuffer(self.pcm, dtype="<f4")

    @property
    def is_halted(self) -> bool:
        return self._halted is not None

    def check(self) -> None:
        """Raises when the decode was stopped or is too late. To be called wherever it can be left."""
        if self._halted:
            raise self._halted

    def told(self, text: str) -> None:
        """Passes on what is known so far."""
        self.check()
        self._tell(text)

    @contextlib.contextmanager
    def halting(self, halt: Callable[[], None]) -> Iterator[None]:
        """Within it, `halt` is called from another thread as soon as the decode is stopped or too late."""
        with self._lock:
            self._on_halt = halt
            is_halted = self._halted is not None
        if is_halted:
            halt()
        try:
            yield
        finally:
            with self._lock:
                self._on_halt = None
        self.check()

    def halt(self, failure: Failure) -> None:
        with self._lock:
            if self._halted:
                return
            self._halted = failure
            if self._on_halt:
                self._on_halt()

    def end(self) -> None:
        if self._deadline:
            self._deadline.cancel()

    def segment(
        self,
        text: str,
        start: float,
        end: float,
        log_probability: float | None = None,
        words: list[dict[str, Any]] | None = None,
    ) -> dict[str, Any]:
        """The host holds times within the audio and in order."""
        segment: dict[str, Any] = {"startSeconds": float(start), "endSeconds": float(end), "text": text}
        if log_probability is not None:
            segment["averageLogProbability"] = float(log_probability)
        if self.words and words is not None:
            segment["words"] = [word for word in words if word["text"]]
        return segment


def word_of(text: str, start: float, end: float, probability: float) -> dict[str, Any]:
    return {
        "text": text.strip(),
        "startSeconds": float(start),
        "endSeconds": float(end),
        "probability": float(probability),
    }
