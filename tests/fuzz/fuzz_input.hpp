#pragma once

// What the fuzz targets share. They are run by libFuzzer, and over the files of the corpus by
// replay_main.cpp, with any compiler.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace simul_test {

/// The bytes of an input: the first ones choose how it is read, the rest is the text.
class fuzz_input {
public:
    fuzz_input(const std::uint8_t* data, std::size_t size)
        : rest_(reinterpret_cast<const char*>(data), size) {}

    /// The next byte, or 0 when there is none.
    unsigned choice() {
        if (rest_.empty()) return 0;
        const auto byte = static_cast<unsigned char>(rest_.front());
        rest_.remove_prefix(1);
        return byte;
    }
    /// Between 1 and 64, or more than any text has.
    std::size_t chunk_size() {
        const unsigned byte = choice();
        return byte == 255 ? std::size_t{1} << 16U : 1 + byte % 64;
    }
    [[nodiscard]] std::string_view text() const { return rest_; }

private:
    std::string_view rest_;
};

/// Ends the program, which the fuzzer takes for a find, when what should hold does not.
inline void require(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "found: %s\n", what);
    std::abort();
}

} // namespace simul_test
