"""faster-whisper as a service: several files at once, one JSON line for each.

    faster_whisper_service.py MODEL_FOLDER THREADS AT_ONCE plain|batched
    stdout  {"kind": "ready"}, or {"kind": "unusable", "error": "…"} and the end
    stdin   {"id": 1, "path": "clip.wav"}
    stdout  {"id": 1, "text": "…"} or {"id": 1, "error": "…"}
"""

import json
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

from faster_whisper import BatchedInferencePipeline, WhisperModel

GREEDY = {"language": "en", "beam_size": 1, "temperature": 0}
PLAIN = {**GREEDY, "condition_on_previous_text": False, "vad_filter": False}
BATCHED = {**GREEDY, "batch_size": 8}


def main(folder: str, threads: int, at_once: int, pipeline: str) -> None:
    lock = threading.Lock()

    def tell(answer: dict) -> None:
        with lock:
            print(json.dumps(answer, ensure_ascii=False), flush=True)

    try:
        model = WhisperModel(folder, device="cpu", compute_type="int8", cpu_threads=threads, num_workers=at_once)
    except Exception as error:  # whatever it says is what is reported
        tell({"kind": "unusable", "error": str(error)})
        return
    transcriber, options = (BatchedInferencePipeline(model), BATCHED) if pipeline == "batched" else (model, PLAIN)

    def transcribe(request: dict) -> None:
        try:
            segments, _ = transcriber.transcribe(request["path"], **options)
            tell({"id": request["id"], "text": "".join(segment.text for segment in segments).strip()})
        except Exception as error:
            tell({"id": request["id"], "error": str(error)})

    tell({"kind": "ready"})
    with ThreadPoolExecutor(at_once) as threads_of_callers:
        for line in sys.stdin:
            threads_of_callers.submit(transcribe, json.loads(line))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
