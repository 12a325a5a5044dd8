"""Rebuilds Whisper's tokenizer from the vocabulary of a ggml file.

A ggml file keeps the tokens but not the merges of the byte-pair encoding. They can be recovered, because a token's id
is also the order in which it was learned: encoding a token's bytes with only the tokens learned before it leaves
exactly the two parts that were merged into it.
"""

import tokenizers
from tokenizers import AddedToken, decoders, models, pre_tokenizers

# Whisper's languages in the order of their tokens.
LANGUAGES = (
    "en zh de es ru ko fr ja pt tr pl ca nl ar sv it id hi fi vi he uk el ms cs ro da hu ta no th ur hr bg lt la mi "
    "ml cy sk te fa lv bn sr az sl kn et mk br eu is hy ne mn bs kk sq sw gl mr pa si km sn yo so af oc ka be tg sd "
    "gu am yi lo uz fo ht ps tk nn mt sa lb my bo tl mg as tt haw ln ha ba jw su"
).split()
TASKS = ["<|translate|>", "<|transcribe|>", "<|startoflm|>", "<|startofprev|>", "<|nocaptions|>", "<|notimestamps|>"]
END_OF_TEXT = "<|endoftext|>"


def special_tokens() -> list[str]:
    return [END_OF_TEXT, "<|startoftranscript|>", *(f"<|{code}|>" for code in LANGUAGES), *TASKS]


def build_tokenizer(vocabulary: list[bytes]) -> tokenizers.Tokenizer:
    """A byte-level BPE tokenizer that encodes and decodes as the original, with Whisper's special tokens added."""
    text_tokens = [token for token in vocabulary if token != END_OF_TEXT.encode()]
    spelled = [_spell(token) for token in text_tokens]
    merges = [(_spell(left), _spell(right)) for left, right in _recover_merges(text_tokens)]
    tokenizer = tokenizers.Tokenizer(models.BPE(vocab={token: i for i, token in enumerate(spelled)}, merges=merges))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in special_tokens()])
    return tokenizer


def _recover_merges(tokens: list[bytes]) -> list[tuple[bytes, bytes]]:
    ranks = {token: rank for rank, token in enumerate(tokens)}
    merges = []
    for rank, token in enumerate(tokens):
        if len(token) < 2:
            continue  # the 256 bytes, and the empty token that pads the multilingual vocabulary
        parts = _encode_below(token, ranks, rank)
        if len(parts) != 2:
            raise ValueError(f"Token {rank} ({token!r}) splits into {len(parts)} parts: ids are not in merge order.")
        merges.append((parts[0], parts[1]))
    return merges


def _encode_below(token: bytes, ranks: dict[bytes, int], limit: int) -> list[bytes]:
    parts = [token[i : i + 1] for i in range(len(token))]
    while len(parts) > 2:
        candidates = [(ranks.get(parts[i] + parts[i + 1], limit), i) for i in range(len(parts) - 1)]
        rank, i = min(candidates)
        if rank >= limit:
            break
        parts[i : i + 2] = [parts[i] + parts[i + 1]]
    return parts


def _byte_letters() -> dict[int, str]:
    """GPT-2's printable stand-in for each byte: itself where it prints, otherwise the next letter from U+0100."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printable]
    return {byte: chr(byte) for byte in printable} | {byte: chr(0x100 + i) for i, byte in enumerate(others)}


_LETTERS = _byte_letters()


def _spell(token: bytes) -> str:
    return "".join(_LETTERS[byte] for byte in token)
