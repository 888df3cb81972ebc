// Compressed text, read as if it were not.

#include "byte_stream.hpp"
#include "cancel_each.hpp"
#include "run_virtual.hpp"
#include "temp_dir.hpp"

#include <simul/simul.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#if defined(SIMUL_HAS_ZLIB)
#include <zlib.h>
#endif
#if defined(SIMUL_HAS_ZSTD)
#include <zstd.h>
#endif

namespace {

using simul::task;
using simul_test::run_real;
using simul_test::temp_dir;
using simul_test::text_stream;

#if defined(SIMUL_HAS_ZLIB)
std::string gzip(std::string_view text) {
    z_stream stream{};
    constexpr int with_header = 16;
    if (::deflateInit2(&stream, 6, Z_DEFLATED, with_header + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) !=
        Z_OK) {
        throw std::runtime_error("deflateInit2");
    }
    std::string out(::deflateBound(&stream, text.size()) + 64, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream.avail_in = static_cast<uInt>(text.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    ::deflate(&stream, Z_FINISH);
    out.resize(stream.total_out);
    ::deflateEnd(&stream);
    return out;
}
#endif

#if defined(SIMUL_HAS_ZSTD)
std::string zstd(std::string_view text) {
    std::string out(::ZSTD_compressBound(text.size()), '\0');
    ZSTD_CCtx* const context = ::ZSTD_createCCtx();
    ::ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
    out.resize(::ZSTD_compress2(context, out.data(), out.size(), text.data(), text.size()));
    ::ZSTD_freeCCtx(context);
    return out;
}
#endif

using compress = std::string(std::string_view);

struct method {
    const char* name;
    compress* apply;
};

std::vector<method> methods() {
    return {
#if defined(SIMUL_HAS_ZLIB)
        {"gzip", gzip},
#endif
#if defined(SIMUL_HAS_ZSTD)
        {"zstd", zstd},
#endif
    };
}

std::string long_text(std::size_t size) {
    std::mt19937 random(2);
    std::string text;
    while (text.size() < size) {
        text += std::to_string(random()) + ",\"some\nmore " + std::to_string(text.size()) + "\"\n";
    }
    return text;
}

// The lines, and what ends them if it is an error.
task<std::string> read(simul::async_generator<std::string_view> lines) {
    std::string seen;
    std::string error;
    try {
        while (const auto* line = co_await lines.next()) (seen += *line) += '\n';
    } catch (const std::runtime_error& e) {
        error = e.what();
    }
    co_return seen + error;
}

TEST(compressed, text_is_recognised_by_its_content_and_decompressed) {
    const temp_dir dir;
    const std::string text = long_text(300'000);
    for (const method& by : methods()) {
        const auto path = dir.file("no_extension", by.apply(text));
        for (const std::size_t chunk : {100U, 4096U, 1U << 20U}) {
            EXPECT_TRUE(run_real(read(simul::lines(path, {.chunk_size = chunk}))) == text)
                << by.name << " by " << chunk;
        }
        run_real([&]() -> task<> {
            std::size_t rows = 0;
            auto all = simul::csv::rows(path);
            while (const auto* row = co_await all.next()) {
                EXPECT_EQ(row->size(), 2u);
                ++rows;
            }
            EXPECT_EQ(rows, static_cast<std::size_t>(std::count(text.begin(), text.end(), ',')));
        });
    }
}

TEST(compressed, any_byte_stream_may_give_it_in_pieces_of_any_size) {
    const std::string text = long_text(3000);
    for (const method& by : methods()) {
        for (const std::size_t chunk : {1U, 2U, 3U, 7U}) {
            const std::string seen =
                run_real(read(simul::lines(text_stream(by.apply(text)), {.chunk_size = chunk})));
            EXPECT_TRUE(seen == text) << by.name << " by " << chunk;
        }
    }
}

TEST(compressed, members_and_frames_follow_one_another) {
    for (const method& by : methods()) {
        std::string all;
        for (const char* const part : {"one\ntw", "", "o\n", "three\n"}) all += by.apply(part);
        EXPECT_EQ(run_real(read(simul::lines(text_stream(all)))), "one\ntwo\nthree\n") << by.name;
        EXPECT_EQ(run_real(read(simul::lines(text_stream(by.apply(""))))), "") << by.name;
    }
}

TEST(compressed, what_ends_too_early_is_an_error_after_what_came_before_it) {
    const temp_dir dir;
    const std::string text = long_text(200'000);
    for (const method& by : methods()) {
        const std::string all = by.apply(text);
        for (const std::size_t size : {all.size() - 1, all.size() / 2, std::size_t{5}}) {
            const auto path = dir.file("cut", all.substr(0, size));
            const std::string seen = run_real(read(simul::lines(path, {.chunk_size = 5000})));
            const std::string error = "simul: decompress " + path.string() + " at byte " +
                                      std::to_string(size) + ": the compressed data end too early";
            ASSERT_TRUE(seen.ends_with(error)) << by.name << seen.substr(0, 200);
            EXPECT_TRUE(text.starts_with(seen.substr(0, seen.size() - error.size())));
            if (size + 1 == all.size()) {
                EXPECT_GT(seen.size(), text.size() / 2);
            }
        }
    }
}

TEST(compressed, what_is_corrupt_is_an_error_that_says_where) {
    const temp_dir dir;
    const std::string text = long_text(200'000);
    for (const method& by : methods()) {
        std::string all = by.apply(text);
        for (std::size_t i = all.size() / 2; i < all.size() / 2 + 50; ++i) all[i] ^= 0x55;
        const auto path = dir.file("corrupt", all);
        const std::string seen = run_real(read(simul::lines(path)));
        EXPECT_NE(seen.find("simul: decompress " + path.string() + " at byte "), seen.npos)
            << by.name;
    }
    for (const method& by : methods()) {
        const auto path = dir.file("garbage", by.apply("one\n") + "something else\n");
        const std::string seen = run_real(read(simul::lines(path)));
        EXPECT_TRUE(seen.starts_with("one\nsimul: decompress " + path.string() + " at byte " +
                                     std::to_string(by.apply("one\n").size())))
            << seen;
    }
}

#if defined(SIMUL_HAS_ZLIB)
TEST(compressed, zeros_may_follow_gzip_data) {
    const std::string padded = gzip("one\n") + std::string(1000, '\0');
    EXPECT_EQ(run_real(read(simul::lines(text_stream(padded), {.chunk_size = 10}))), "one\n");
}
#endif

TEST(compressed, what_only_begins_like_it_is_plain_text) {
    for (const std::string_view text :
         {"\x1f", "\x1f\x8b", "\x1f\x8b x", "(", "(\xb5/", "(\xb5/x"}) {
        for (const std::size_t chunk : {1U, 100U}) {
            const std::string seen =
                run_real(read(simul::lines(text_stream(std::string(text)), {.chunk_size = chunk})));
            EXPECT_EQ(seen, std::string(text) + "\n");
        }
    }
}

TEST(compressed, several_files_may_be_so_each_in_its_own_way) {
    const temp_dir dir;
    std::vector<std::filesystem::path> paths{dir.file("plain", "n\n1\n2\n")};
    for (const method& by : methods()) paths.push_back(dir.file(by.name, by.apply("n\n3\n")));
    run_real([&]() -> task<> {
        int sum = 0;
        auto rows = simul::csv::rows(paths, {.header = true});
        while (const auto* row = co_await rows.next()) sum += row->get<int>("n");
        EXPECT_EQ(sum, 3 + 3 * static_cast<int>(methods().size()));
        for (const auto& path : paths) {
            auto parallel = simul::csv::rows_parallel(path, {.header = true});
            while (const auto* row = co_await parallel.next()) sum -= row->get<int>("n");
        }
        EXPECT_EQ(sum, 0);
    });
}

TEST(compressed, a_cancel_leaves_nothing_behind) {
    const temp_dir dir;
    const std::string text = long_text(100'000);
    for (const method& by : methods()) {
        const auto path = dir.file("long", by.apply(text));
        for (int steps = 0; steps < 12; ++steps) {
            run_real([&]() -> task<> {
                auto reading = simul::spawn(read(simul::lines(path, {.chunk_size = 1000})));
                for (int i = 0; i < steps; ++i) co_await simul::yield();
                reading.cancel();
                (void)co_await simul_test::was_cancelled(reading);
            });
        }
    }
}

} // namespace
