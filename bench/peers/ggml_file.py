"""Reads a whisper.cpp model file (the ggml container): hyperparameters, vocabulary and dequantised tensors."""

import struct
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np

MAGIC = 0x67676D6C
Q8_0_BLOCK = np.dtype([("scale", "<f2"), ("quants", "i1", 32)])


class Hyperparameters(NamedTuple):
    n_vocab: int
    n_audio_ctx: int
    n_audio_state: int
    n_audio_head: int
    n_audio_layer: int
    n_text_ctx: int
    n_text_state: int
    n_text_head: int
    n_text_layer: int
    n_mels: int
    ftype: int


class GgmlFile(NamedTuple):
    hyperparameters: Hyperparameters
    vocabulary: list[bytes]
    tensors: dict[str, np.ndarray]


def read_ggml(path: Path) -> GgmlFile:
    """The whole file, every tensor as float32 with its outermost dimension first."""
    with path.open("rb") as file:
        if _integers(file, 1)[0] != MAGIC:
            raise ValueError(f"{path} is not a ggml model file.")
        hyperparameters = Hyperparameters(*_integers(file, 11))
        mel_bands, mel_bins = _integers(file, 2)
        file.seek(4 * mel_bands * mel_bins, 1)  # every Whisper front end computes the same filters itself
        vocabulary = [file.read(_integers(file, 1)[0]) for _ in range(_integers(file, 1)[0])]
        return GgmlFile(hyperparameters, vocabulary, dict(_tensors(file)))


def _tensors(file: BinaryIO):
    while header := file.read(12):
        dimension_count, name_length, type_id = struct.unpack("<3i", header)
        shape = _integers(file, dimension_count)[::-1]  # ggml writes the fastest dimension first
        name = file.read(name_length).decode()
        yield name, _dequantised(file, type_id, int(np.prod(shape))).reshape(shape)


def _dequantised(file: BinaryIO, type_id: int, count: int) -> np.ndarray:
    if type_id == 0:  # f32
        return np.frombuffer(file.read(4 * count), "<f4")
    if type_id == 1:  # f16
        return np.frombuffer(file.read(2 * count), "<f2").astype(np.float32)
    if type_id == 8:  # q8_0: blocks of 32 weights that share one scale
        blocks = np.frombuffer(file.read(count // 32 * Q8_0_BLOCK.itemsize), Q8_0_BLOCK)
        return (blocks["scale"].astype(np.float32)[:, None] * blocks["quants"]).reshape(count)
    raise ValueError(f"Tensors of ggml type {type_id} are not read here: convert from f32, f16 or q8_0.")


def _integers(file: BinaryIO, count: int) -> tuple[int, ...]:
    return struct.unpack(f"<{count}i", file.read(4 * count))
