#include "decoder.hpp"

#include <new>

#include <zstd.h>

namespace simul::detail {
namespace {

class zstd_decoder final : public decoder {
public:
    zstd_decoder() : stream_(::ZSTD_createDStream()) {
        if (stream_ == nullptr) throw std::bad_alloc();
    }
    ~zstd_decoder() override { ::ZSTD_freeDStream(stream_); }

    progress decode(std::span<const char> in, std::span<std::byte> out) noexcept override {
        ZSTD_inBuffer from{in.data(), in.size(), 0};
        ZSTD_outBuffer to{out.data(), out.size(), 0};
        // What is left of a block that has been read comes without further input.
        bool more = !whole_;
        while (to.pos != to.size && (from.pos != from.size || more)) {
            const std::size_t before = to.pos;
            const std::size_t status = ::ZSTD_decompressStream(stream_, &to, &from);
            if (::ZSTD_isError(status) != 0) {
                return {from.pos, to.pos, ::ZSTD_getErrorName(status)};
            }
            whole_ = status == 0;
            more = !whole_ && to.pos != before;
        }
        return {from.pos, to.pos, nullptr};
    }

    [[nodiscard]] bool is_whole() const noexcept override { return whole_; }

private:
    ZSTD_DStream* stream_;
    bool whole_ = true;
};

} // namespace

std::unique_ptr<decoder> make_zstd_decoder() { return std::make_unique<zstd_decoder>(); }

} // namespace simul::detail
