"""faster-whisper called as a Python program would call it, with what its adapter asks of it.

    direct_faster_whisper.py MODEL_FOLDER THREADS
    stdin   the path of 16 kHz mono 32-bit floats
    stdout  {"seconds": 0.61, "text": "…"}

`seconds` is what the caller of the library waits: from `transcribe` until its generator is used up.
"""

import json
import sys
import time

import numpy
from faster_whisper import WhisperModel


def main(model_folder: str, threads: int) -> None:
    model = WhisperModel(model_folder, device="cpu", compute_type="int8", cpu_threads=threads, num_workers=1)
    for line in sys.stdin:
        samples = numpy.fromfile(line.rstrip("\n"), dtype="<f4")
        start = time.perf_counter()
        segments, _ = model.transcribe(samples, language="en", beam_size=1, condition_on_previous_text=False)
        text = "".join(segment.text for segment in segments)
        answer = {"seconds": time.perf_counter() - start, "text": text}
        print(json.dumps(answer, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
