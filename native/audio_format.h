#pragma once
#include "byte_source.h"

namespace whisperpool {

enum class AudioFormat { wav, mp3, flac, ogg };

// `wav`, `mp3`, `flac` or `ogg`.
const char *name_of(AudioFormat format);

// Recognises the container by its first bytes, never by a file name. Leaves `source` at its start.
// Throws NativeError AUDIO_EMPTY for no bytes at all, AUDIO_BROKEN for a header that is cut off,
// AUDIO_UNSUPPORTED for everything that no built-in decoder reads.
AudioFormat recognise(ByteSource &source);

}  // namespace whisperpool
