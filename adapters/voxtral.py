"""voxtral.c: Mistral's Voxtral Realtime, which takes PCM on its standard input and writes text as it comes.

Its standard input has no mark between one chunk and the next, so each chunk is a process of its own. The next one is
started as soon as one has ended, and has loaded its model by the time that a chunk comes.
"""

from __future__ import annotations

import codecs
import contextlib
import subprocess
import threading
from typing import Any

from .chunk import Chunk, Failure
from .frame import capabilities, model_of, serve
from .program import built, find, pcm16

PROGRAM = find(
    "voxtral",
    "git clone https://github.com/antirez/voxtral.c && cd voxtral.c && make mps && ./download_model.sh && "
    "cp voxtral /usr/local/bin/",
)
LANGUAGES = "en es fr pt hi de nl it ar ru zh ja ko".split()


class Voxtral:
    """`settings`: `model` (the folder with `consolidated.safetensors`), `intervalSeconds`."""

    def __init__(self, settings: dict[str, Any]) -> None:
        interval = ["-I", str(settings["intervalSeconds"])] if "intervalSeconds" in settings else []
        self._command = [PROGRAM, "-d", model_of(settings), "--stdin", "--silent", *interval]
        self._waiting = self._start()
        self.capabilities = capabilities(
            ["auto", *LANGUAGES], words=False, translate=False, abort=True, streaming=True
        )

    def decode(self, chunk: Chunk) -> dict[str, Any]:
        pcm = pcm16(chunk)
        process = self._waiting
        if process.poll() is not None:
            process = self._start()
        try:
            with chunk.halting(process.kill):
                text = stream(process, pcm, chunk)
        finally:
            process.kill()
            code = process.wait()
            self._waiting = self._start()
        if code != 0:
            raise Failure("DECODE_FAILED", f"voxtral left with code {code}.")
        segments = [chunk.segment(f" {text.strip()}", 0.0, chunk.speech_end_seconds)]
        # It hears the language by itself, and does not say which it was.
        return {"segments": segments, "language": chunk.language or "und"}

    def close(self) -> None:
        self._waiting.kill()
        self._waiting.wait()

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)


def stream(process: subprocess.Popen[bytes], pcm: bytes, chunk: Chunk) -> str:
    """Feeds and reads at once: the program writes before it has read everything."""
    assert process.stdin and process.stdout
    feeding = threading.Thread(target=feed, args=[process.stdin, pcm], daemon=True)
    feeding.start()
    text, decoder = "", codecs.getincrementaldecoder("utf-8")("replace")
    while heard := process.stdout.read(4096):
        text += decoder.decode(heard)
        if not chunk.is_halted:
            chunk.told(text.strip())
    feeding.join()
    process.wait()
    return text


def feed(pipe: Any, pcm: bytes) -> None:
    with contextlib.suppress(BrokenPipeError), pipe:
        rest = memoryview(pcm)
        while rest:
            rest = rest[pipe.write(rest) :]


class Adapter:
    name = "voxtral"
    version = built(PROGRAM)
    backend = "voxtral.c"
    open = Voxtral


serve(Adapter())
