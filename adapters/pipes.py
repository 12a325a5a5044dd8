"""The lines and the audio between a provider and its host."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import threading
from typing import Any

from .chunk import BYTES_PER_SAMPLE

LINE_LIMIT_BYTES = 1 << 20
SAMPLE_LIMIT = 1 << 26


class Pipes:
    """The other end of the pipes. Whatever a library prints goes to standard error, and no child inherits the pipes."""

    def __init__(self) -> None:
        self._input = os.fdopen(os.dup(0), "rb")
        self._output = os.dup(1)
        self._lock = threading.Lock()
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.dup2(2, 1)
        sys.stdout = sys.stderr

    def say(self, kind: str, request: int | None = None, **rest: Any) -> None:
        answer = {"kind": kind, **({} if request is None else {"id": request}), **rest}
        text = json.dumps(answer, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        line = memoryview(f"{text}\n".encode())
        # A host that is gone has closed standard input, too; that is what ends this process.
        with self._lock, contextlib.suppress(BrokenPipeError):
            while line:
                line = line[os.write(self._output, line) :]

    def line(self) -> bytes:
        line = self._input.readline(LINE_LIMIT_BYTES)
        if line and not line.endswith(b"\n"):
            raise ValueError("a line without an end")
        return line

    def pcm(self, samples: int) -> bytearray:
        if not 0 <= samples <= SAMPLE_LIMIT:
            raise ValueError(f"{samples} samples")
        pcm = bytearray(samples * BYTES_PER_SAMPLE)
        if self._input.readinto(pcm) < len(pcm):
            raise ValueError("audio that breaks off")
        return pcm
