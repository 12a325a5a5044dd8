"""WhisperKit's program: Whisper on the Neural Engine. Its server keeps the model in memory; it listens on 127.0.0.1."""

from __future__ import annotations

import http.client
import json
import math
import os
import socket
import subprocess
import time
import uuid
from typing import Any

from .chunk import Chunk, Failure, word_of
from .frame import capabilities, model_of, serve
from .languages import WHISPER
from .program import built, find, guarded, wav_of

PROGRAM = find("whisperkit-cli", "brew install whisperkit-cli")
# A first load compiles the model for the Neural Engine, which takes minutes for a large one.
START_LIMIT_SECONDS = 600
HOST = "127.0.0.1"


class WhisperKit:
    """`settings`: `model` (a folder, or a name such as `base`)."""

    def __init__(self, settings: dict[str, Any]) -> None:
        name = model_of(settings)
        self._name = os.path.basename(name)
        self._port = free_port()
        chosen = ["--model-path", name] if os.path.isdir(name) else ["--model", name]
        address = ["--host", HOST, "--port", str(self._port)]
        self._server = guarded([PROGRAM, "serve", *chosen, *address, "--chunking-strategy", "none"])
        try:
            self._wait_until_it_answers()
        except Failure:
            self.close()
            raise
        is_multilingual = ".en" not in self._name
        spoken = ["auto", *WHISPER] if is_multilingual else ["en"]
        self.capabilities = capabilities(spoken, words=True, translate=is_multilingual, abort=False)

    def decode(self, chunk: Chunk) -> dict[str, Any]:
        fields = {"model": self._name, "response_format": "verbose_json"}
        if chunk.language:
            fields["language"] = chunk.language
        if chunk.prompt:
            fields["prompt"] = chunk.prompt
        if chunk.words and not chunk.translate:
            fields["timestamp_granularities[]"] = "word,segment"
        with wav_of(chunk) as path, open(path, "rb") as file:
            task = "translations" if chunk.translate else "transcriptions"
            result = self._ask(f"/v1/audio/{task}", fields, file.read())
        segments = [segment_of(segment, result.get("words") or [], chunk) for segment in result.get("segments") or []]
        recognition = {"segments": segments, "language": chunk.language or result.get("language") or "und"}
        if result.get("segments"):
            recognition["noSpeechProbability"] = min(segment["no_speech_prob"] for segment in result["segments"])
            recognition["temperature"] = max(segment["temperature"] for segment in result["segments"])
        return recognition

    def close(self) -> None:
        assert self._server.stdin
        self._server.stdin.close()
        self._server.wait()

    def _wait_until_it_answers(self) -> None:
        latest = time.monotonic() + START_LIMIT_SECONDS
        while time.monotonic() < latest:
            try:
                connection = http.client.HTTPConnection(HOST, self._port, timeout=5)
                connection.request("GET", "/health")
                if connection.getresponse().status == http.client.OK:
                    return
            except OSError:
                pass
            try:
                self._server.wait(timeout=0.1)
                raise Failure("MODEL_LOAD_FAILED", "`whisperkit-cli serve` ended; it needs a build with BUILD_ALL=1.")
            except subprocess.TimeoutExpired:
                pass
        raise Failure("MODEL_LOAD_FAILED", f"`whisperkit-cli serve` did not answer within {START_LIMIT_SECONDS} s.")

    def _ask(self, path: str, fields: dict[str, str], wav: bytes) -> dict[str, Any]:
        edge = uuid.uuid4().hex
        parts = [part(edge, f'name="{name}"', value.encode()) for name, value in fields.items()]
        body = b"".join([*parts, part(edge, 'name="file"; filename="chunk.wav"', wav), f"--{edge}--\r\n".encode()])
        connection = http.client.HTTPConnection(HOST, self._port)
        connection.request("POST", path, body, {"Content-Type": f"multipart/form-data; boundary={edge}"})
        response = connection.getresponse()
        answer = response.read()
        connection.close()
        if response.status != http.client.OK:
            raise Failure("DECODE_FAILED", f"whisperkit-cli answered {response.status}: {answer[:200]!r}")
        return json.loads(answer)


def part(edge: str, disposition: str, content: bytes) -> bytes:
    head = f"--{edge}\r\nContent-Disposition: form-data; {disposition}\r\n\r\n"
    return head.encode() + content + b"\r\n"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


def segment_of(segment: dict[str, Any], words: list[dict[str, Any]], chunk: Chunk) -> dict[str, Any]:
    """A segment with its words, which come in a list of their own, without their probabilities."""
    start, end, mean = segment["start"], segment["end"], segment["avg_logprob"]
    mine = [
        word_of(word["word"], word["start"], word["end"], math.exp(min(0.0, mean)))
        for word in words
        if start <= word["start"] < end
    ]
    return chunk.segment(segment["text"], start, end, mean, mine)


class Adapter:
    name = "whisperkit"
    version = built(PROGRAM)
    backend = "Core ML"
    open = WhisperKit


serve(Adapter())
