"""Writes a faster-whisper (CTranslate2) model folder from a ggml Whisper file, so that both engines decode the same
weights and no model has to be downloaded.

    python convert_model.py models/ggml-base-q8_0.bin build/peers/faster-whisper-base
"""

import argparse
import shutil
from pathlib import Path

import numpy as np
from ctranslate2.converters import utils
from ctranslate2.specs import common_spec, whisper_spec
from faster_whisper.tokenizer import Tokenizer

from ggml_file import GgmlFile, read_ggml
from whisper_tokenizer import END_OF_TEXT, LANGUAGES, build_tokenizer


def convert(source: Path, target: Path) -> None:
    ggml = read_ggml(source)
    tokenizer = build_tokenizer(ggml.vocabulary)
    spec = _specification(ggml)
    token_count = ggml.hyperparameters.n_vocab
    text_count = tokenizer.get_vocab_size()
    spec.register_vocabulary(
        [tokenizer.id_to_token(i) for i in range(text_count)]
        + [f"<|{0.02 * i:.2f}|>" for i in range(token_count - text_count)]
    )
    _configure(spec, tokenizer, ggml)
    spec.validate()
    spec.optimize(quantization="float16")

    part = target.with_name(f"{target.name}.part")  # so that an interrupted conversion is never taken for a model
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    spec.save(str(part))
    tokenizer.save(str(part / "tokenizer.json"))
    shutil.rmtree(target, ignore_errors=True)
    part.rename(target)


def _specification(ggml: GgmlFile) -> whisper_spec.WhisperSpec:
    sizes, tensors = ggml.hyperparameters, ggml.tensors
    spec = whisper_spec.WhisperSpec(sizes.n_audio_layer, sizes.n_audio_head, sizes.n_text_layer, sizes.n_text_head)
    for name, convolution in (("conv1", spec.encoder.conv1), ("conv2", spec.encoder.conv2)):
        convolution.weight = tensors[f"encoder.{name}.weight"]
        convolution.bias = tensors[f"encoder.{name}.bias"].reshape(-1)
    spec.encoder.position_encodings.encodings = tensors["encoder.positional_embedding"]
    spec.decoder.position_encodings.encodings = tensors["decoder.positional_embedding"]
    spec.decoder.embeddings.weight = tensors["decoder.token_embedding.weight"]
    spec.decoder.projection.weight = tensors["decoder.token_embedding.weight"]
    _set_norm(spec.encoder.layer_norm, tensors, "encoder.ln_post")
    _set_norm(spec.decoder.layer_norm, tensors, "decoder.ln")
    for i, layer in enumerate(spec.encoder.layer):
        _set_layer(layer, tensors, f"encoder.blocks.{i}")
    for i, layer in enumerate(spec.decoder.layer):
        _set_layer(layer, tensors, f"decoder.blocks.{i}")
        query, key, value = _projections(tensors, f"decoder.blocks.{i}.cross_attn")
        utils.fuse_linear(layer.attention.linear[0], [query])
        utils.fuse_linear(layer.attention.linear[1], [key, value])
        _set_linear(layer.attention.linear[2], tensors, f"decoder.blocks.{i}.cross_attn.out")
        _set_norm(layer.attention.layer_norm, tensors, f"decoder.blocks.{i}.cross_attn_ln")
    return spec


def _set_layer(layer, tensors: dict[str, np.ndarray], name: str) -> None:
    utils.fuse_linear(layer.self_attention.linear[0], _projections(tensors, f"{name}.attn"))
    _set_linear(layer.self_attention.linear[1], tensors, f"{name}.attn.out")
    _set_norm(layer.self_attention.layer_norm, tensors, f"{name}.attn_ln")
    _set_linear(layer.ffn.linear_0, tensors, f"{name}.mlp.0")
    _set_linear(layer.ffn.linear_1, tensors, f"{name}.mlp.2")
    _set_norm(layer.ffn.layer_norm, tensors, f"{name}.mlp_ln")


def _projections(tensors: dict[str, np.ndarray], name: str) -> list[common_spec.LinearSpec]:
    linears = []
    for part in ("query", "key", "value"):
        linear = common_spec.LinearSpec()
        _set_linear(linear, tensors, f"{name}.{part}")
        if not linear.has_bias():  # Whisper's keys have none
            linear.bias = np.zeros(linear.weight.shape[0], np.float32)
        linears.append(linear)
    return linears


def _set_linear(linear: common_spec.LinearSpec, tensors: dict[str, np.ndarray], name: str) -> None:
    linear.weight = tensors[f"{name}.weight"]
    if f"{name}.bias" in tensors:
        linear.bias = tensors[f"{name}.bias"]


def _set_norm(norm: common_spec.LayerNormSpec, tensors: dict[str, np.ndarray], name: str) -> None:
    norm.gamma = tensors[f"{name}.weight"]
    norm.beta = tensors[f"{name}.bias"]


def _configure(spec: whisper_spec.WhisperSpec, tokenizer, ggml: GgmlFile) -> None:
    sizes = ggml.hyperparameters
    whisper = Tokenizer(tokenizer, multilingual=False)
    tasks = [whisper.transcribe, whisper.translate, whisper.sot, whisper.sot_prev, whisper.sot_lm, whisper.no_speech]
    spec.config.suppress_ids = sorted({*whisper.non_speech_tokens, *tasks})
    spec.config.suppress_ids_begin = [*whisper.encode(" "), tokenizer.token_to_id(END_OF_TEXT)]
    spec.config.lang_ids = [tokenizer.token_to_id(f"<|{code}|>") for code in LANGUAGES]
    # CTranslate2's own default for a model it has no list for; only word times use it, and no benchmark asks for them.
    spec.config.alignment_heads = [
        (layer, head)
        for layer in range(sizes.n_text_layer // 2, sizes.n_text_layer)
        for head in range(sizes.n_text_head)
    ]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path, help="ggml Whisper model: f32, f16 or q8_0")
    parser.add_argument("target", type=Path, help="folder to write")
    arguments = parser.parse_args()
    convert(arguments.source, arguments.target)
