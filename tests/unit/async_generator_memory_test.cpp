// An async generator that is dropped when there is no memory for its clean-up.
#include "log_capture.hpp"
#include "polite.hpp"
#include "run_virtual.hpp"
#include "tracked.hpp"

#include <simul/loop/detail/frames.hpp>
#include <simul/simul.hpp>

#include <gtest/gtest.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace {

constinit thread_local bool memory_is_out = false;

} // namespace

#if !SIMUL_PLAIN_FRAMES
// From here the library takes the memory that it cuts coroutine frames from.
extern "C" void* mmap64(void* at, std::size_t size, int access, int kind, int fd,
                        off64_t offset) noexcept {
    if (memory_is_out) {
        errno = ENOMEM;
        return MAP_FAILED;
    }
    return reinterpret_cast<void*>(::syscall(SYS_mmap, at, size, access, kind, fd, offset));
}
#endif

namespace {

using namespace std::chrono_literals;
using simul::async_generator;
using simul::task;
using simul_test::tracked;
using simul_test::tracked_counts;
using simul_test::words;

enum class state { yielded, waiting };

async_generator<int> holds(tracked_counts& counts, words& log, state stands, tracked) {
    const tracked local(counts);
    auto inner = simul_test::polite(log);
    (void)co_await inner.next();
    if (stands == state::waiting) co_await simul::sleep(1h);
    for (int i = 0;; ++i) co_yield i;
}

// While it lives, this thread has memory for so many frames of each size and no more.
class few_frames {
public:
    explicit few_frames(int left) {
        for (std::size_t i = 0; i < taken_.size(); ++i) {
            for (int n = 0; n < left; ++n) take(i);
        }
        memory_is_out = true;
        for (std::size_t i = 0; i < taken_.size(); ++i) {
            try {
                for (;;) take(i);
            } catch (const std::bad_alloc&) { // that was the last one
            }
            for (int n = 0; n < left; ++n) give_back(i);
        }
    }
    few_frames(const few_frames&) = delete;
    few_frames& operator=(const few_frames&) = delete;
    ~few_frames() {
        memory_is_out = false;
        for (std::size_t i = 0; i < taken_.size(); ++i) {
            while (taken_[i] != nullptr) give_back(i);
        }
    }

private:
    struct block {
        block* next;
    };

    static std::size_t size(std::size_t i) { return 16 * i + 24; }
    void take(std::size_t i) {
        taken_[i] = new (simul::detail::allocate_frame(size(i))) block{taken_[i]};
    }
    void give_back(std::size_t i) {
        simul::detail::deallocate_frame(std::exchange(taken_[i], taken_[i]->next), size(i));
    }

    std::array<block*, 63> taken_{}; // what is larger comes from the heap
};

// Drops one when there is memory for so many frames of each size.
task<> drops_with_memory_for(int frames, state stands) {
    tracked_counts counts;
    words log;
    log.reserve(10);
    std::optional<async_generator<int>> g(holds(counts, log, stands, tracked(counts)));
    std::optional<simul::join_handle<bool>> waiting;
    if (stands == state::waiting) {
        waiting = simul::spawn([&]() -> task<bool> {
            bool told = false;
            try {
                (void)co_await g->next();
            } catch (const std::logic_error&) {
                told = true;
            }
            co_return told;
        });
        co_await simul::sleep(1ms);
    } else {
        (void)co_await g->next();
    }
    {
        const few_frames short_of_memory(frames);
        g.reset();
    }
    co_await simul::sleep(1s);
    EXPECT_EQ(counts.constructed, 3);
    EXPECT_TRUE(counts.balanced());
    if (waiting) {
        const bool was_told = co_await *waiting;
        EXPECT_TRUE(was_told);
    }
}

class async_generator_memory : public testing::TestWithParam<state> {};

TEST_P(async_generator_memory, one_that_is_dropped_without_any_is_destroyed_and_its_owner_goes_on) {
#if SIMUL_PLAIN_FRAMES
    GTEST_SKIP() << "frames are blocks of the heap";
#endif
    simul_test::log_capture log;
    constexpr int enough = 12;
    for (int frames = 0; frames <= enough; ++frames) {
        std::thread([&] { // which has no frames of others
            const testing::ScopedTrace trace(__FILE__, __LINE__, std::to_string(frames));
            simul_test::run_virtual([&] { return drops_with_memory_for(frames, GetParam()); });
        })
            .join();
        const bool was_without = log.contains("no memory for the clean-up of an async_generator");
        if (frames == 0) {
            EXPECT_TRUE(was_without) << log.text();
        }
    }
    EXPECT_LT(log.count("no memory for the clean-up of an async_generator"), enough);
}

INSTANTIATE_TEST_SUITE_P(states, async_generator_memory,
                         testing::Values(state::yielded, state::waiting));

} // namespace
