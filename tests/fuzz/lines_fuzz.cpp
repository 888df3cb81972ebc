// simul::lines against a splitter of ten lines. The first bytes of the input choose the size of the
// chunks, how much a read gives at a time, and the longest line that is allowed.

#include "byte_stream.hpp"
#include "fuzz_input.hpp"

#include <simul/coro/run.hpp>
#include <simul/gen/line_error.hpp>
#include <simul/gen/lines.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace simul_test;

struct reading {
    std::vector<std::string> lines;
    bool failed = false;
    bool operator==(const reading&) const = default;
};

reading split_by_the_book(std::string_view text, std::size_t longest) {
    reading result;
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        std::string_view line = text.substr(0, end);
        text.remove_prefix(end == text.npos ? text.size() : end + 1);
        if (end != text.npos && line.ends_with('\r')) line.remove_suffix(1);
        if (line.size() > longest) return result.failed = true, result;
        result.lines.emplace_back(line);
    }
    return result;
}

simul::task<> read(text_stream& stream, simul::line_options options, reading& result) {
    auto lines = simul::lines(stream, options);
    try {
        while (auto line = co_await lines.next()) result.lines.emplace_back(*line);
    } catch (const simul::line_error&) {
        result.failed = true;
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz_input input(data, size);
    simul::line_options options{.chunk_size = input.chunk_size()};
    const unsigned most = input.choice();
    if (const unsigned longest = input.choice() % 128; longest != 0) options.max_line = longest;

    text_stream stream{std::string(input.text())};
    if (most != 0) stream.random_reads(most, 1 + most % 16);
    reading found;
    simul::run(read(stream, options, found));
    require(found == split_by_the_book(input.text(), options.max_line), "other lines");
    return 0;
}
