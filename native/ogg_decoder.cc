// Ogg Vorbis, by stb_vorbis 1.22. That version has known ways for a crafted file to reach outside its memory
// (CVE-2023-45675 to 45682, and sizes cut from size_t to int). They are closed from outside here: it works in
// one zeroed arena; sizes that come from the file are size_t expressions, so the overloads below receive them
// whole; and what it does not check in the headers is checked before the first packet.
#include <climits>
#include <cstdlib>

#include "audio_decoder.h"
#include "native_error.h"

struct stb_vorbis;
static void *setup_malloc(stb_vorbis *decoder, size_t bytes);
static void *setup_temp_malloc(stb_vorbis *decoder, size_t bytes);

namespace {
[[noreturn]] void refuse() {
  throw whisperpool::NativeError("AUDIO_BROKEN", "The ogg file's Vorbis stream is not valid.");
}
}  // namespace

#define STB_VORBIS_NO_PUSHDATA_API
#define STB_VORBIS_NO_INTEGER_CONVERSION
#ifndef NDEBUG
#define NDEBUG  // a failed assertion would end the host's process
#endif
#include "stb_vorbis.c"  // NOLINT(bugprone-suspicious-include)

namespace {
// What libvorbis writes needs 0.1 to 0.8 MB (measured to 8 channels, lowest and highest quality).
constexpr size_t kArenaBytes = 4 << 20;
}

static void *setup_malloc(stb_vorbis *decoder, size_t bytes) {
  void *memory = bytes > 0 && bytes < kArenaBytes ? setup_malloc(decoder, static_cast<int>(bytes)) : nullptr;
  return memory ? memory : (refuse(), nullptr);
}

static void *setup_temp_malloc(stb_vorbis *decoder, size_t bytes) {
  void *memory = bytes < kArenaBytes ? setup_temp_malloc(decoder, static_cast<int>(bytes)) : nullptr;
  return memory ? memory : (refuse(), nullptr);
}

namespace whisperpool {
namespace {

class OggDecoder final : public AudioDecoder {
 public:
  explicit OggDecoder(ByteSource &source) : arena_(std::calloc(kArenaBytes, 1)) {
    if (!arena_) throw std::bad_alloc();
    const stb_vorbis_alloc arena = {static_cast<char *>(arena_.get()), static_cast<int>(kArenaBytes)};
    vorbis_init(&vorbis_, &arena);
    vorbis_.f = source.file();
    if (!vorbis_.f) {
      vorbis_.stream = const_cast<uint8 *>(source.bytes().data());
      vorbis_.stream_start = vorbis_.stream;
      vorbis_.stream_end = vorbis_.stream + source.size();
    }
    if (!start_decoder(&vorbis_)) refuse();
    check_setup();
    vorbis_pump_first_frame(&vorbis_);
    sample_rate = vorbis_.sample_rate;
    channels = static_cast<uint32_t>(vorbis_.channels);
  }

  size_t read(float *target, size_t frames) override {
    while (vorbis_.channel_buffer_start == vorbis_.channel_buffer_end) {
      if (!next_packet()) return 0;
    }
    const auto waiting = static_cast<size_t>(vorbis_.channel_buffer_end - vorbis_.channel_buffer_start);
    const size_t count = frames < waiting ? frames : waiting;
    for (size_t frame = 0; frame < count; ++frame) {
      for (uint32_t channel = 0; channel < channels; ++channel) {
        *target++ =
            vorbis_.channel_buffers[channel][static_cast<size_t>(vorbis_.channel_buffer_start) + frame];
      }
    }
    vorbis_.channel_buffer_start += static_cast<int>(count);
    return count;
  }

 private:
  struct Free {
    void operator()(void *memory) const { std::free(memory); }
  };

  // False at the end of the stream. A packet may hold no samples at all.
  bool next_packet() {
    int length = 0, left = 0, right = 0;
    if (!vorbis_decode_packet(&vorbis_, &length, &left, &right)) return false;
    length = vorbis_finish_frame(&vorbis_, length, left, right);
    vorbis_.channel_buffer_start = left;
    vorbis_.channel_buffer_end = left + length;
    return true;
  }

  void check_setup() {
    for (int i = 0; i < vorbis_.codebook_count; ++i) {
      Codebook &book = vorbis_.codebooks[i];
      if (static_cast<uint64_t>(book.entries) * static_cast<uint64_t>(book.dimensions) > INT_MAX) refuse();
      // A code that is not in the book has the index −1, which only books with entries have a place for.
      if (book.sparse && book.sorted_entries == 0) book.sorted_values = nothing_ + 1;
    }
    for (int i = 0; i < vorbis_.mapping_count; ++i) {
      if (vorbis_.mapping[i].submaps > sizeof(Mapping::submap_floor)) refuse();
    }
  }

  std::unique_ptr<void, Free> arena_;
  int nothing_[2] = {-1, -1};
  stb_vorbis vorbis_;
};

}  // namespace

std::unique_ptr<AudioDecoder> open_ogg(ByteSource &source) { return std::make_unique<OggDecoder>(source); }

}  // namespace whisperpool
