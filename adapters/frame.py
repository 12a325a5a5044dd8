"""The provider's side of docs/provider-protocol.md, for whatever can turn 16 kHz mono PCM into text.

The main thread loads and decodes, one request after the other, because some libraries only work in the thread that
loaded their model. Another thread reads, so that a ping is answered and a stop is heard during a decode.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import sys
import threading
import time
from typing import Any, Iterator, NoReturn, Protocol

from .chunk import BYTES_PER_SAMPLE, SAMPLE_RATE, Chunk, Failure
from .pipes import Pipes

PROTOCOL = 1
# The window that speech models are made for; the engine never cuts longer pieces.
LONGEST_SECONDS = 30
# VAD marks the end of speech up to this much too early.
SPEECH_END_TOLERANCE_SECONDS = 0.3
EXIT_BROKEN_PROTOCOL = 2
EXIT_MISSING = 3


class Model(Protocol):
    """A model in memory."""

    capabilities: dict[str, Any]

    def decode(self, chunk: Chunk) -> dict[str, Any]:
        """The recognition without its `decodeSeconds`, made with `chunk.segment` and `word_of`."""

    def close(self) -> None: ...


class Adapter(Protocol):
    """A library or a program."""

    name: str
    version: str
    backend: str

    def open(self, settings: dict[str, Any]) -> Model: ...


def capabilities(
    languages: list[str], *, words: bool, translate: bool, abort: bool, streaming: bool = False
) -> dict[str, Any]:
    return {
        "languages": languages,
        "wordTimes": words,
        "translate": translate,
        "abort": abort,
        "streaming": streaming,
        "formats": ["f32le-16000-mono"],
    }


def missing(what: str, install: str) -> NoReturn:
    """Ends the process with the one line that the host shows."""
    print(f"needs {what}: {install}", file=sys.stderr, flush=True)
    sys.exit(EXIT_MISSING)


@contextlib.contextmanager
def needs(package: str) -> Iterator[None]:
    """Around the import of what `pip install PACKAGE` brings."""
    try:
        yield
    except ImportError as error:
        missing(f"{package.partition('==')[0]} ({error})", f"{sys.executable} -m pip install {package}")


def model_of(settings: dict[str, Any]) -> str:
    """The model's folder, or the name that its library knows it by."""
    model = os.path.expanduser(settings["model"])
    if os.path.isabs(model) and not os.path.exists(model):
        raise Failure("MODEL_MISSING", f"There is no model at {model}.")
    return model


class _Session:
    def __init__(self, adapter: Adapter) -> None:
        self._adapter = adapter
        self._host = Pipes()
        self._work: queue.SimpleQueue[dict[str, Any] | Chunk | None] = queue.SimpleQueue()
        self._chunks: dict[int, Chunk] = {}
        self._models: dict[int, Model] = {}

    def run(self) -> None:
        adapter = self._adapter
        self._host.say(
            "hello",
            protocol=PROTOCOL,
            provider=adapter.name,
            version=adapter.version,
            backend=adapter.backend,
            credit=1,
        )
        threading.Thread(target=self._read, daemon=True).start()
        try:
            self._serve()
        finally:
            for number in list(self._models):
                self._free(number)

    def _serve(self) -> None:
        while (item := self._work.get()) is not None:
            request = item.id if isinstance(item, Chunk) else item["id"]
            try:
                if isinstance(item, Chunk):
                    self._decode(item)
                elif item["kind"] == "open":
                    self._open(item)
                else:
                    self._close(item)
            except Failure as failure:
                self._fail(request, failure.code, str(failure))
            except Exception as error:  # whatever a library throws
                self._fail(request, "DECODE_FAILED", described(error))

    def _read(self) -> None:
        try:
            while line := self._host.line():
                self._take(json.loads(line))
            self._work.put(None)
        except Exception as error:
            print(f"broke off: the host sent {error}", file=sys.stderr, flush=True)
            os._exit(EXIT_BROKEN_PROTOCOL)

    def _take(self, request: dict[str, Any]) -> None:
        kind, number = request["kind"], request["id"]
        if kind == "ping":
            self._host.say("pong", number)
        elif kind == "stop":
            chunk = self._chunks.get(number)
            if chunk:
                chunk.halt(Failure("ABORTED", "The decode was stopped."))
        elif kind == "decode":
            pcm = self._host.pcm(request["samples"])
            chunk = Chunk(request, pcm, lambda text: self._host.say("text", number, text=text))
            self._chunks[number] = chunk
            self._work.put(chunk)
        elif kind in ("open", "close"):
            self._work.put(request)
        else:
            raise ValueError(f"a request of the kind {kind}")

    def _open(self, request: dict[str, Any]) -> None:
        start = time.monotonic()
        try:
            model = self._adapter.open(request["model"])
            self._models[request["id"]] = model
            opened = time.monotonic()
            model.decode(silence_for(model))
        except Exception as error:
            self._free(request["id"])
            if isinstance(error, Failure) and error.code != "DECODE_FAILED":
                raise
            if is_not_fetched(error):
                name = request["model"].get("model")
                text = f"{name} is not on this machine; with `download: true` its library fetches it."
                raise Failure("MODEL_MISSING", text) from error
            raise Failure("MODEL_LOAD_FAILED", described(error)) from error
        loading = {
            "weightsRead": True,
            "contextSeconds": opened - start,
            "stateSeconds": 0,
            "warmSeconds": time.monotonic() - opened,
        }
        self._host.say("opened", request["id"], capabilities=model.capabilities, loading=[loading])

    def _decode(self, chunk: Chunk) -> None:
        start = time.monotonic()
        try:
            chunk.check()
            model = self._models.get(chunk.model)
            if not model:
                raise Failure("MODEL_NOT_READY", f"No model was opened with the id {chunk.model}.")
            if not 0 < chunk.seconds <= LONGEST_SECONDS:
                raise Failure("AUDIO_INVALID", f"A chunk of {chunk.seconds:g} s: more than 0 and up to 30 s are taken.")
            recognition = model.decode(chunk)
            chunk.check()
        finally:
            chunk.end()
            del self._chunks[chunk.id]
        latest = chunk.speech_end_seconds + SPEECH_END_TOLERANCE_SECONDS
        segments = [
            segment
            for at, segment in enumerate(recognition["segments"])
            if segment["text"].strip() and (at == 0 or segment["startSeconds"] <= latest)
        ]
        seconds = time.monotonic() - start
        self._host.say("decoded", chunk.id, recognition={**recognition, "segments": segments, "decodeSeconds": seconds})

    def _close(self, request: dict[str, Any]) -> None:
        self._free(request["model"])
        self._host.say("closed", request["id"])

    def _free(self, number: int) -> None:
        model = self._models.pop(number, None)
        if model:
            model.close()

    def _fail(self, request: int, code: str, message: str) -> None:
        self._host.say("failed", request, error={"code": code, "message": message})


def silence_for(model: Model) -> Chunk:
    """One second of it, to warm a model with."""
    request = {"id": 0, "model": 0, "language": model.capabilities["languages"][-1], "onDoubt": "keep"}
    return Chunk(request, bytearray(SAMPLE_RATE * BYTES_PER_SAMPLE), lambda text: None)


def is_not_fetched(error: BaseException | None) -> bool:
    """Whether, somewhere below, huggingface_hub had no copy of a model and was not allowed to fetch one."""
    while error:
        if type(error).__name__ in ("LocalEntryNotFoundError", "OfflineModeIsEnabled"):
            return True
        error = error.__cause__ or error.__context__
    return False


def described(error: Exception) -> str:
    return str(error) if isinstance(error, Failure) else f"{type(error).__name__}: {error}"


def serve(adapter: Adapter) -> None:
    """Speaks the protocol until standard input ends; what waits then is still decoded."""
    # Ctrl+C in a terminal reaches this process as well; the host decides when it ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    _Session(adapter).run()
