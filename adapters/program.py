"""Command-line programs: where they are, and audio as they take it."""

from __future__ import annotations

import array
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
import wave
from typing import Iterator

from .chunk import SAMPLE_RATE, Chunk, Failure
from .frame import missing

# A server would outlive this process when it is killed; this one ends it when its standard input closes.
GUARD = """
import subprocess, sys, threading
server = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=sys.stderr)
threading.Thread(target=lambda: (sys.stdin.read(), server.kill()), daemon=True).start()
sys.exit(server.wait() and 1)
"""


def find(name: str, install: str) -> str:
    """The program's path: the one given on the command line of the adapter, or the one on PATH."""
    given = sys.argv[2] if len(sys.argv) > 2 else name
    return shutil.which(given) or missing(f"the program {given}", install)


def built(path: str) -> str:
    """The version of a program that does not tell: the day that it was built."""
    return time.strftime("built %Y-%m-%d", time.gmtime(os.stat(path).st_mtime))


def guarded(command: list[str]) -> subprocess.Popen[bytes]:
    """A server that ends with this process, however that ends."""
    return subprocess.Popen([sys.executable, "-c", GUARD, *command], stdin=subprocess.PIPE)


def pcm16(chunk: Chunk, at_least_seconds: float = 0) -> bytes:
    """16-bit samples, little-endian, filled up with silence."""
    samples = array.array("f", bytes(chunk.pcm))
    if sys.byteorder == "big":
        samples.byteswap()
    pcm = array.array("h", [max(-32768, min(32767, round(sample * 32767))) for sample in samples])
    if sys.byteorder == "big":
        pcm.byteswap()
    return pcm.tobytes().ljust(round(at_least_seconds * SAMPLE_RATE) * 2, b"\0")


@contextlib.contextmanager
def wav_of(chunk: Chunk) -> Iterator[str]:
    """The chunk as a WAV file in a folder that nobody else can read. It lasts a second at least: some refuse less."""
    with tempfile.TemporaryDirectory(prefix="whisperpool-") as folder:
        path = os.path.join(folder, "chunk.wav")
        with wave.open(path, "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(SAMPLE_RATE)
            file.writeframes(pcm16(chunk, at_least_seconds=1))
        yield path


def run(command: list[str], chunk: Chunk) -> None:
    """Runs a program to its end, or until the decode is stopped."""
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    with chunk.halting(process.kill):
        code = process.wait()
    if code != 0:
        raise Failure("DECODE_FAILED", f"{os.path.basename(command[0])} left with code {code}.")
