#pragma once

// Compressed text, as a stream: what it is compressed with, and its content a piece at a time.

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

namespace simul::detail {

enum class compression { none, gzip, zstd };

// What a text that begins so is compressed with. Fewer than `longest_magic` bytes may be too few to
// tell: then `undecided` is set.
inline constexpr std::size_t longest_magic = 4;
compression recognise(std::string_view start, bool& undecided) noexcept;

class decoder {
public:
    decoder(const decoder&) = delete;
    decoder& operator=(const decoder&) = delete;
    virtual ~decoder() = default;

    struct progress {
        std::size_t consumed = 0;
        std::size_t produced = 0;
        const char* error = nullptr; // what is wrong behind the bytes consumed
    };

    // Decodes until `in` is used up or `out` is full, on any thread.
    virtual progress decode(std::span<const char> in, std::span<std::byte> out) noexcept = 0;
    // Whether the text may end here.
    [[nodiscard]] virtual bool is_whole() const noexcept = 0;

protected:
    decoder() noexcept = default;
};

// Throws std::runtime_error when this build does not have it.
std::unique_ptr<decoder> make_decoder(compression by);

#if defined(SIMUL_HAS_ZLIB)
std::unique_ptr<decoder> make_gzip_decoder();
#endif
#if defined(SIMUL_HAS_ZSTD)
std::unique_ptr<decoder> make_zstd_decoder();
#endif

} // namespace simul::detail
