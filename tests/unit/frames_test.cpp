#include <simul/loop/accounting.hpp>
#include <simul/loop/detail/frames.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <fstream>
#include <random>
#include <thread>
#include <utility>
#include <vector>

#include <unistd.h>

namespace {

using simul::detail::allocate_frame;
using simul::detail::deallocate_frame;

using block = std::pair<void*, std::size_t>;

block filled(std::size_t size) {
    void* const memory = allocate_frame(size);
    std::memset(memory, 0x5a, size);
    return {memory, size};
}

TEST(frames, are_counted_while_they_live) {
    const auto before = simul::current_usage().frames;
    void* const a = allocate_frame(100);
    void* const b = allocate_frame(100'000);
    EXPECT_EQ(simul::current_usage().frames, before + 2);
    deallocate_frame(b, 100'000);
    deallocate_frame(a, 100);
    EXPECT_EQ(simul::current_usage().frames, before);
}

TEST(frames, of_every_size_have_room_for_it_and_never_overlap) {
    std::mt19937 random(1);
    std::vector<block> live;
    for (int i = 0; i < 20'000; ++i) {
        if (live.size() > 200 || (!live.empty() && random() % 3 == 0)) {
            const std::size_t victim = random() % live.size();
            const auto [memory, size] = live[victim];
            const auto* const bytes = static_cast<const unsigned char*>(memory);
            EXPECT_EQ(bytes[0], 0x5a);
            EXPECT_EQ(bytes[size - 1], 0x5a);
            deallocate_frame(memory, size);
            live[victim] = live.back();
            live.pop_back();
        } else {
            live.push_back(filled(1 + random() % 2000));
        }
    }
    for (const auto& [memory, size] : live) deallocate_frame(memory, size);
}

TEST(frames, are_aligned_like_any_allocation) {
    std::vector<block> live;
    for (std::size_t size = 16; size < 1500; ++size) live.push_back(filled(size));
    for (const auto& [memory, size] : live) {
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(memory) % __STDCPP_DEFAULT_NEW_ALIGNMENT__, 0U);
        deallocate_frame(memory, size);
    }
}

TEST(frames, may_be_freed_on_another_thread_and_after_their_thread_has_ended) {
    const auto before = simul::current_usage().frames;
    std::vector<block> live;
    std::thread([&] {
        for (std::size_t size = 8; size < 2000; size += 8) live.push_back(filled(size));
    }).join();
    EXPECT_EQ(simul::current_usage().frames, before + static_cast<std::int64_t>(live.size()));
    std::thread([&] {
        for (const auto& [memory, size] : live) deallocate_frame(memory, size);
    }).join();
    EXPECT_EQ(simul::current_usage().frames, before);
}

long resident_bytes() {
    long all = 0;
    long resident = 0;
    std::ifstream("/proc/self/statm") >> all >> resident;
    return resident * sysconf(_SC_PAGESIZE);
}

constexpr long mebibyte = 1 << 20;

TEST(frames, give_their_memory_back_in_whatever_order_they_go) {
    if (SIMUL_PLAIN_FRAMES) GTEST_SKIP() << "every frame is a block of the heap";
    constexpr std::size_t count = 200'000;
    std::vector<block> live(count); // has touched its memory
    live.clear();
    std::mt19937 random(1);
    for (const bool shuffled : {false, true}) {
        const long before = resident_bytes();
        for (std::size_t i = 0; i < count; ++i) live.push_back(filled(96));
        EXPECT_GT(resident_bytes() - before, 15 * mebibyte);
        if (shuffled) std::shuffle(live.begin(), live.end(), random);
        for (const auto& [memory, size] : live) deallocate_frame(memory, size);
        live.clear();
        // Half of what comes free all at once is kept.
        EXPECT_LT(resident_bytes() - before, shuffled ? 13 * mebibyte : 4 * mebibyte);
    }
}

TEST(frames, of_ended_threads_are_used_again_by_others) {
    if (SIMUL_PLAIN_FRAMES) GTEST_SKIP() << "every frame is a block of the heap";
    std::array<block, 50> survivors;
    long after_the_first = 0;
    for (int i = 0; i < 10; ++i) {
        std::thread([&] {
            // A survivor in every slab keeps it from being given back.
            std::vector<block> live;
            for (std::size_t n = 0; n < 50'000; ++n) {
                const block made = filled(96);
                if (n % 1000 == 0) {
                    survivors[n / 1000] = made;
                } else {
                    live.push_back(made);
                }
            }
            for (const auto& [memory, size] : live) deallocate_frame(memory, size);
        }).join();
        for (const auto& [memory, size] : survivors) deallocate_frame(memory, size);
        if (i == 0) after_the_first = resident_bytes();
    }
    EXPECT_LT(resident_bytes() - after_the_first, 15 * mebibyte);
}

// Thread-local objects that die after the library's own may still free frames.
TEST(frames, may_be_made_and_freed_while_a_thread_ends) {
    const auto before = simul::current_usage().frames;
    struct late {
        block held{nullptr, 0};
        late() = default;
        late(const late&) = delete;
        late& operator=(const late&) = delete;
        ~late() {
            deallocate_frame(held.first, held.second);
            const block last = filled(200);
            deallocate_frame(last.first, last.second);
        }
    };
    std::thread([] {
        static thread_local late object; // made first, destroyed last
        object.held = filled(100);
    }).join();
    EXPECT_EQ(simul::current_usage().frames, before);
}

} // namespace
