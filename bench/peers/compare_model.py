"""Checks convert_model.py against a folder that somebody else converted from the original weights.

    python compare_model.py GIVEN CONVERTED

Passes when every tensor lies within q8_0's rounding of the given one, the merges of the tokenizer are the same,
and the same tokens are suppressed.
"""

import json
import struct
import sys
from pathlib import Path

import numpy as np

FLOAT16 = 4
Q8_0_ROUNDING = 0.5 / 127 * 1.05  # half a step of the largest weight, and float16's own rounding


def read_tensors(path: Path) -> dict[str, np.ndarray]:
    with path.open("rb") as file:

        def unpack(layout: str) -> tuple:
            return struct.unpack(f"<{layout}", file.read(struct.calcsize(f"<{layout}")))

        def text() -> str:
            return file.read(unpack("H")[0])[:-1].decode()

        unpack("I")  # format version
        text(), unpack("I")  # name and revision of the specification
        tensors = {}
        for _ in range(unpack("I")[0]):
            name = text()
            shape = unpack(f"{unpack('B')[0]}I")
            type_id, size = unpack("BI")
            content = file.read(size)
            if type_id == FLOAT16:
                tensors[name] = np.frombuffer(content, "<f2").astype(np.float32).reshape(shape)
        return tensors


def merges_of(folder: Path) -> list[tuple[str, ...]]:
    merges = json.loads((folder / "tokenizer.json").read_text())["model"]["merges"]
    return [tuple(merge.split(" ") if isinstance(merge, str) else merge) for merge in merges]


def main(given: Path, converted: Path) -> int:
    ours, theirs = read_tensors(converted / "model.bin"), read_tensors(given / "model.bin")
    shapes = {name: tensor.shape for name, tensor in ours.items()}
    failures = [] if shapes == {name: tensor.shape for name, tensor in theirs.items()} else ["names or shapes of tensors"]
    errors = {
        name: float(np.abs(ours[name] - theirs[name]).max() / np.abs(theirs[name]).max())
        for name in ours.keys() & theirs.keys()
        if ours[name].shape == theirs[name].shape
    }
    failures += [f"tensor {name} differs by {error:.4f}" for name, error in errors.items() if error > Q8_0_ROUNDING]
    if merges_of(given) != merges_of(converted):
        failures.append("merges of the tokenizer")
    for key in ("suppress_ids", "suppress_ids_begin"):
        if json.loads((given / "config.json").read_text())[key] != json.loads((converted / "config.json").read_text())[key]:
            failures.append(key)
    print(f"{len(errors)} tensors, largest difference {max(errors.values(), default=0):.4f} of the largest weight")
    print("\n".join(f"different: {failure}" for failure in failures) or "the same within q8_0's rounding")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
