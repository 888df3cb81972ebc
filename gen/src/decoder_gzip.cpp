#include "decoder.hpp"

#include <algorithm>
#include <limits>
#include <new>

#include <zlib.h>

namespace simul::detail {
namespace {

class gzip_decoder final : public decoder {
public:
    gzip_decoder() {
        constexpr int only_gzip = 16;
        if (::inflateInit2(&stream_, only_gzip + MAX_WBITS) != Z_OK) throw std::bad_alloc();
    }
    ~gzip_decoder() override { ::inflateEnd(&stream_); }

    progress decode(std::span<const char> in, std::span<std::byte> out) noexcept override {
        constexpr std::size_t most = std::numeric_limits<uInt>::max();
        in = in.first(std::min(in.size(), most));
        out = out.first(std::min(out.size(), most));
        // zlib only reads from it, but its C interface does not say so.
        stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));
        stream_.avail_in = static_cast<uInt>(in.size());
        stream_.next_out = reinterpret_cast<Bytef*>(out.data());
        stream_.avail_out = static_cast<uInt>(out.size());
        const char* error = nullptr;
        while (error == nullptr && stream_.avail_out != 0 && next_member()) {
            const int status = ::inflate(&stream_, Z_NO_FLUSH);
            if (status == Z_STREAM_END) {
                between_ = true;
            } else if (status == Z_BUF_ERROR) { // neither input nor output is left
                break;
            } else if (status != Z_OK) {
                error = stream_.msg != nullptr ? stream_.msg : "invalid data";
            }
        }
        if (garbage_) error = "something else follows the compressed data";
        return {in.size() - stream_.avail_in, out.size() - stream_.avail_out, error};
    }

    [[nodiscard]] bool is_whole() const noexcept override { return between_; }

private:
    // Members follow one another; zeros may stand behind the last. False when there is nothing to
    // inflate.
    bool next_member() noexcept {
        if (!between_) return true;
        for (; stream_.avail_in != 0 && *stream_.next_in == 0; --stream_.avail_in) {
            ++stream_.next_in;
            padded_ = true;
        }
        if (stream_.avail_in == 0) return false;
        constexpr Bytef first_byte = 0x1f;
        garbage_ = padded_ || *stream_.next_in != first_byte;
        if (garbage_) return false;
        between_ = false;
        ::inflateReset(&stream_);
        return true;
    }

    z_stream stream_{};
    bool between_ = true; // the end of one member and the beginning of the next
    bool padded_ = false;
    bool garbage_ = false;
};

} // namespace

std::unique_ptr<decoder> make_gzip_decoder() { return std::make_unique<gzip_decoder>(); }

} // namespace simul::detail
