#define ZSTD_STATIC_LINKING_ONLY  // for ZSTD_getFrameHeader; the static archive is what we link
#include "bundle/base/zstd.h"

#include <zstd.h>

#include <algorithm>
#include <bit>
#include <new>

#include "bundle/base/error.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

constexpr int k_min_window_log = 20;
constexpr int k_max_window_log = 23;  // 8 MiB: what a reader must be ready to hold

using Compressor = std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)>;

void set(ZSTD_CCtx* context, ZSTD_cParameter parameter, int value) {
  const std::size_t result = ZSTD_CCtx_setParameter(context, parameter, value);
  if (ZSTD_isError(result)) throw SystemError(cat("cannot compress: ", ZSTD_getErrorName(result)));
}

int window_log(std::size_t size) {
  const int needed = size <= 1 ? 0 : static_cast<int>(std::bit_width(size - 1));
  return std::clamp(needed, k_min_window_log, k_max_window_log);
}

[[noreturn]] void refuse(std::string_view reason) { throw InputError(cat("damaged zstd frame: ", reason)); }

/// Everything the frame says of itself, before any of it is decoded.
void check_frame(ByteView frame, std::uint64_t raw_size) {
  ZSTD_frameHeader header{};
  if (ZSTD_getFrameHeader(&header, frame.data(), frame.size()) != 0 || header.frameType != ZSTD_frame) refuse("it has no frame header");
  if (header.frameContentSize != raw_size) {
    const bool is_known = header.frameContentSize != ZSTD_CONTENTSIZE_UNKNOWN;
    refuse(cat("expected ", raw_size, " bytes, found ", is_known ? std::to_string(header.frameContentSize) : std::string("no size")));
  }
  if (header.dictID != 0) refuse("it needs a dictionary");
  if (header.windowSize > std::max(raw_size, std::uint64_t{1} << k_max_window_log)) refuse("its window is larger than 8 MiB");
  const std::size_t length = ZSTD_findFrameCompressedSize(frame.data(), frame.size());
  if (ZSTD_isError(length)) refuse(ZSTD_getErrorName(length));
  if (length != frame.size()) refuse(cat("expected a frame of ", frame.size(), " bytes, found ", length));
}

}  // namespace

std::string zstd_version() { return ZSTD_versionString(); }

Bytes zstd_compress(ByteView raw, int level) {
  // A fresh context each time: a used one may find its matches differently, and equal inputs must give equal bytes.
  const Compressor context(ZSTD_createCCtx(), &ZSTD_freeCCtx);
  if (!context) throw std::bad_alloc();
  set(context.get(), ZSTD_c_compressionLevel, level);
  set(context.get(), ZSTD_c_windowLog, window_log(raw.size()));
  set(context.get(), ZSTD_c_contentSizeFlag, 1);
  set(context.get(), ZSTD_c_checksumFlag, 0);
  set(context.get(), ZSTD_c_dictIDFlag, 0);
  Bytes frame(ZSTD_compressBound(raw.size()));
  const std::size_t length = ZSTD_compress2(context.get(), frame.data(), frame.size(), raw.data(), raw.size());
  if (ZSTD_isError(length)) throw SystemError(cat("cannot compress: ", ZSTD_getErrorName(length)));
  frame.resize(length);
  frame.shrink_to_fit();  // many frames wait in a pipeline; each must cost what it holds
  return frame;
}

void zstd_decompress(ByteView frame, std::span<std::uint8_t> raw) {
  check_frame(frame, raw.size());
  const std::size_t length = ZSTD_decompress(raw.data(), raw.size(), frame.data(), frame.size());
  if (ZSTD_isError(length)) refuse(ZSTD_getErrorName(length));
  if (length != raw.size()) refuse(cat("expected ", raw.size(), " bytes, found ", length));
}

}  // namespace rootcellar
