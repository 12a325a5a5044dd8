#include "audio_file.h"

#include <algorithm>

#include "native_error.h"

namespace whisperpool {
namespace {

constexpr size_t kBlockFrames = 8192;

std::unique_ptr<AudioDecoder> open_decoder(AudioFormat format, ByteSource &source) {
  switch (format) {
    case AudioFormat::wav:
      return open_wav(source);
    case AudioFormat::mp3:
      return open_mp3(source);
    case AudioFormat::flac:
      return open_flac(source);
    case AudioFormat::ogg:
      return open_ogg(source);
  }
  return nullptr;
}

void check_header(AudioFormat format, const AudioDecoder &decoder) {
  const auto refuse = [format](const std::string &what) {
    return NativeError("AUDIO_BROKEN",
                       std::string("The ") + name_of(format) + " file's header says " + what + ".");
  };
  if (decoder.channels < 1 || decoder.channels > PcmConverter::kMostChannels) {
    throw refuse(std::to_string(decoder.channels) + " channels");
  }
  if (decoder.sample_rate < 1 || decoder.sample_rate > Resampler::kHighestRate) {
    throw refuse(std::to_string(decoder.sample_rate) + " samples a second");
  }
}

// At a very low rate few frames make much output.
size_t block_frames(uint32_t sample_rate) {
  return std::clamp<size_t>(kBlockFrames * sample_rate / Resampler::kOutputRate, 1, kBlockFrames);
}

}  // namespace

AudioReader::AudioReader(std::unique_ptr<ByteSource> source)
    : source_(std::move(source)), format_(recognise(*source_)), decoder_(open_decoder(format_, *source_)) {
  check_header(format_, *decoder_);
  converter_ = std::make_unique<PcmConverter>(decoder_->sample_rate, decoder_->channels);
  block_.resize(block_frames(decoder_->sample_rate) * decoder_->channels);
  decode_block();
  while (!ended_ && ready_.empty()) decode_block();
  if (!ready_.empty()) return;
  const std::string name = std::string("The ") + name_of(format_) + " file";
  if (decoder_->has_payload) throw NativeError("AUDIO_BROKEN", name + " has audio that cannot be decoded.");
  throw NativeError("AUDIO_EMPTY", name + " has no audio in it.");
}

void AudioReader::decode_block() {
  const size_t frames = decoder_->read(block_.data(), block_.size() / decoder_->channels);
  ended_ = frames == 0;
  std::vector<float> converted;
  try {
    converted = converter_->convert(block_.data(), frames * decoder_->channels, ended_);
  } catch (const NativeError &error) {
    throw NativeError("AUDIO_BROKEN",
                      std::string("The ") + name_of(format_) + " file is broken. " + error.what());
  }
  ready_.erase(ready_.begin(), ready_.begin() + static_cast<std::ptrdiff_t>(ready_from_));
  ready_from_ = 0;
  ready_.insert(ready_.end(), converted.begin(), converted.end());
}

std::vector<float> AudioReader::read(size_t most) {
  std::vector<float> samples;
  for (;;) {
    const size_t count = std::min(most - samples.size(), ready_.size() - ready_from_);
    const auto begin = ready_.begin() + static_cast<std::ptrdiff_t>(ready_from_);
    samples.insert(samples.end(), begin, begin + static_cast<std::ptrdiff_t>(count));
    ready_from_ += count;
    if (samples.size() == most || ended_) return samples;
    decode_block();
  }
}

}  // namespace whisperpool
