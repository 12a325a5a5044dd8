"""faster-whisper as a resident process, so that neither Python's start nor the model's load counts.

    resident_faster_whisper.py MODEL_FOLDER THREADS
    stdin   {"path": "clip.wav", "language": "en"}
    stdout  {"seconds": 0.61, "text": "…"}

`seconds` is what the caller of the library waits: from `transcribe` until its generator is used up.
"""

import json
import sys
import time

from faster_whisper import WhisperModel


def main(model_folder: str, threads: int) -> None:
    model = WhisperModel(model_folder, device="cpu", compute_type="int8", cpu_threads=threads, num_workers=1)
    for line in sys.stdin:
        request = json.loads(line)
        start = time.perf_counter()
        segments, _ = model.transcribe(
            request["path"],
            language=request["language"],
            beam_size=1,
            temperature=0,
            condition_on_previous_text=False,
            vad_filter=False,
        )
        text = "".join(segment.text for segment in segments)
        answer = {"seconds": time.perf_counter() - start, "text": text.strip()}
        print(json.dumps(answer, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
