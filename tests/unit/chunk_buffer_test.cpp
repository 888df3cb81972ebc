#include <simul/coro/detail/chunk_buffer.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

namespace {

using simul::detail::chunk_buffer;

std::string_view view(std::span<const char> text) { return {text.data(), text.size()}; }

// Reads `text` behind what is kept.
std::span<char> read(chunk_buffer& buffer, std::span<const char> kept, std::string_view text) {
    const std::span<std::byte> space = buffer.prepare(kept);
    std::memcpy(space.data(), text.data(), text.size());
    return buffer.commit(text.size());
}

TEST(chunk_buffer, puts_what_is_kept_in_front_of_the_next_chunk) {
    chunk_buffer buffer(100'000);
    std::span<char> text = read(buffer, {}, "one two");
    const char* const chunk = text.data();
    text = read(buffer, text.subspan(4), " three");
    EXPECT_EQ(view(text), "two three");
    EXPECT_EQ(text.data() + 3, chunk) << "the next chunk is read to where the last one was";
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(chunk) % 64, 0u);
}

TEST(chunk_buffer, keeps_pieces_of_any_length_with_chunks_of_any_size) {
    for (const std::size_t chunk : {1U, 7U, 64U, 1000U, 16384U, 100'000U}) {
        chunk_buffer buffer(chunk);
        std::string expected;
        std::span<char> text;
        for (std::size_t n = 0; n < 3000; ++n) {
            if (n % 700 == 699) { // and now and then most of it has been used
                const std::size_t used = expected.size() - expected.size() / 7;
                expected.erase(0, used);
                text = text.subspan(used);
            }
            const std::string more(std::min<std::size_t>(chunk, 1 + n % 300),
                                   static_cast<char>('a' + n % 26));
            text = read(buffer, text, more);
            expected += more;
            ASSERT_EQ(text.size(), expected.size());
            if (n % 100 == 0) {
                ASSERT_EQ(view(text), expected) << chunk;
            }
            // The slack is there.
            std::memset(text.data() - chunk_buffer::slack, '<', chunk_buffer::slack);
            std::memset(text.data() + text.size(), '>', chunk_buffer::slack);
        }
        EXPECT_EQ(view(text), expected);
    }
}

TEST(chunk_buffer, a_long_piece_is_copied_a_bounded_number_of_times) {
    chunk_buffer buffer(4096);
    std::span<char> text;
    int moves = 0;
    for (int i = 0; i < 5000; ++i) {
        const char* const before = text.data();
        text = read(buffer, text, std::string(4096, 'x'));
        if (text.data() != before) ++moves;
    }
    EXPECT_EQ(text.size(), 5000u * 4096);
    EXPECT_LE(moves, 30);
    EXPECT_TRUE(buffer.is_long());
}

TEST(chunk_buffer, takes_what_another_one_kept) {
    chunk_buffer first(1000);
    chunk_buffer second(1000);
    const std::span<char> kept = read(first, {}, "kept and ");
    std::memcpy(second.prepare({}).data(), "more", 4);
    ASSERT_TRUE(second.put_before(kept));
    EXPECT_EQ(view(second.commit(4)), "kept and more");
    (void)second.prepare({});
    const std::string too_long(1 << 20, 'x');
    EXPECT_FALSE(second.put_before(too_long));
}

} // namespace
