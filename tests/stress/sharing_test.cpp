// Tasks that share locks, queues, signals, threads and a file, and are cancelled at any moment:
// whatever is handed from one to another must arrive.

#include <simul/simul.hpp>

#include "run_virtual.hpp"
#include "temp_dir.hpp"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace {

using simul::task;
using namespace std::chrono_literals;

constexpr int tasks_at_once = 40;
constexpr int cancels_per_seed = 500;
constexpr std::uint64_t seeds = 200; // times the cancels: 100,000
constexpr std::uint64_t file_size = 4096;

class workshop {
public:
    workshop(std::uint64_t seed, const std::filesystem::path& file) : random_(seed), path_(file) {}

    task<> run() {
        file_ = co_await simul::fs::open(path_, simul::fs::mode::read | simul::fs::mode::write);
        std::vector<simul::join_handle<>> tasks;
        for (int i = 0; i < tasks_at_once; ++i) tasks.push_back(simul::spawn(works()));
        while (cancels < cancels_per_seed) {
            if (below(2) == 0) co_await simul::yield();
            if (below(20) == 0) co_await simul::sleep(std::chrono::microseconds(below(300)));
            simul::join_handle<>& victim = tasks[static_cast<std::size_t>(below(tasks_at_once))];
            if (victim.done()) continue; // that was no cancel: nobody ends by himself
            victim.cancel();
            ++cancels;
            // Some are awaited, the others end on their own.
            if (below(2) == 0) co_await simul::gather(simul::return_exceptions, victim);
            victim = simul::spawn(works());
        }
        for (auto& each : tasks) each.cancel();
        co_await simul::gather(simul::return_exceptions, std::move(tasks));
        while (running_ != 0) co_await simul::sleep(1ms);
        co_await file_.close();
    }

    void check() {
        EXPECT_FALSE(mutex_.is_locked());
        EXPECT_EQ(semaphore_.available(), 3U);
        EXPECT_EQ(barrier_.waiting(), 0U);
        check(queue_, in_queue_);
        check(lifo_queue_, in_lifo_queue_);
        check(priority_queue_, in_priority_queue_);
        EXPECT_EQ(made_, used_ + stock_);
        EXPECT_LE(calls_returned_, calls_run_.load());
        EXPECT_GT(used_, 0);
        EXPECT_GT(calls_returned_, 0);
        EXPECT_GT(transfers_, 0);
    }

    int cancels = 0;

private:
    struct balance {
        int put = 0;
        int got = 0;
    };
    class counted {
    public:
        counted(int& count, int most) : count_(count) { EXPECT_LE(++count_, most); }
        counted(const counted&) = delete;
        counted& operator=(const counted&) = delete;
        ~counted() { --count_; }

    private:
        int& count_;
    };

    int below(int n) { return static_cast<int>(random_() % static_cast<std::uint64_t>(n)); }
    template <class Queue>
    static void check(const Queue& queue, const balance& of) {
        EXPECT_EQ(of.put, of.got + static_cast<int>(queue.size()));
        EXPECT_GT(of.got, 0);
    }
    auto some_time() { return simul::sleep(std::chrono::microseconds(below(100))); }

    task<> works() {
        const counted here(running_, 100'000);
        for (;;) co_await one_operation(below(18));
    }

    template <class Queue>
    static task<> puts(Queue& to, balance& of) {
        co_await to.put(1);
        ++of.put;
    }
    template <class Queue>
    static task<> gets(Queue& from, balance& of) {
        const int item = co_await from.get();
        of.got += item;
        from.task_done();
    }

    task<> one_operation(int which) {
        switch (which) {
        case 0: {
            const auto lock = co_await mutex_.lock();
            const counted inside(inside_mutex_, 1);
            co_await some_time();
            break;
        }
        case 1: {
            const auto permit = co_await semaphore_.acquire();
            const counted inside(inside_semaphore_, 3);
            co_await some_time();
            break;
        }
        case 2: co_await puts(queue_, in_queue_); break;
        case 3: co_await gets(queue_, in_queue_); break;
        case 4: {
            const auto item = co_await simul::move_on_after(50us, queue_.get());
            if (item) {
                in_queue_.got += *item;
                queue_.task_done();
            }
            break;
        }
        case 10: co_await puts(lifo_queue_, in_lifo_queue_); break;
        case 11: co_await gets(lifo_queue_, in_lifo_queue_); break;
        case 12: co_await puts(priority_queue_, in_priority_queue_); break;
        case 13: co_await gets(priority_queue_, in_priority_queue_); break;
        case 14: {
            simul::latch opened(1);
            const auto opens = [&]() -> task<> {
                co_await some_time();
                opened.count_down();
            };
            co_await simul::gather(opens(), opened.wait());
            break;
        }
        case 15: {
            std::array<char, 64> bytes{};
            const std::size_t n = co_await file_.read_at(bytes, some_place());
            EXPECT_EQ(n, bytes.size());
            ++transfers_;
            break;
        }
        case 16: {
            const std::string text(64, 'w');
            co_await file_.write_at(text, some_place());
            ++transfers_;
            break;
        }
        case 5: {
            auto lock = co_await stock_mutex_.lock();
            co_await in_stock_.wait(lock, [this] { return stock_ > 0; });
            --stock_;
            ++used_;
            break;
        }
        case 6: {
            const auto lock = co_await stock_mutex_.lock();
            ++stock_;
            ++made_;
            in_stock_.notify_one();
            break;
        }
        case 7: {
            event_.set();
            co_await some_time();
            event_.clear();
            co_await simul::move_on_after(100us, event_.wait());
            break;
        }
        case 8: {
            co_await simul::move_on_after(100us, barrier_.arrive_and_wait());
            break;
        }
        case 9: {
            const auto call = [this] { ++calls_run_; };
            co_await simul::to_thread(std::ref(call));
            ++calls_returned_;
            break;
        }
        default: {
            const auto call = [count = &calls_run_] { ++*count; };
            co_await simul::to_thread(simul::abandon_on_cancel, call);
            ++calls_returned_;
            break;
        }
        }
    }

    std::uint64_t some_place() { return random_() % (file_size - 64); }

    std::mt19937_64 random_;
    std::filesystem::path path_;
    simul::fs::file file_;
    simul::mutex mutex_;
    simul::semaphore semaphore_{3};
    simul::barrier barrier_{3};
    simul::queue<int> queue_{4};
    simul::lifo_queue<int> lifo_queue_{2};
    simul::priority_queue<int> priority_queue_{2};
    simul::event event_;
    simul::mutex stock_mutex_;
    simul::condition in_stock_;
    int running_ = 0;
    int inside_mutex_ = 0;
    int inside_semaphore_ = 0;
    balance in_queue_;
    balance in_lifo_queue_;
    balance in_priority_queue_;
    int transfers_ = 0;
    int stock_ = 0;
    int made_ = 0;
    int used_ = 0;
    int calls_returned_ = 0;
    std::atomic<int> calls_run_{0}; // in other threads, also after the cancel of the last task
};

TEST(sharing_stress, a_hundred_thousand_cancellations_lose_nothing) {
    const simul_test::temp_dir dir;
    const std::filesystem::path file = dir.file("shared", std::string(file_size, 'd'));
    int cancels = 0;
    for (std::uint64_t seed = 0; seed < seeds && !HasFailure(); ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        workshop shop(seed, file);
        simul::run_options options{.virtual_time = true, .worker_threads = 2};
        if (seed % 4 != 0) options.shuffle_seed = seed;
        simul_test::run_with(options, [&] { return shop.run(); });
        shop.check();
        cancels += shop.cancels;
    }
    EXPECT_EQ(cancels, 100'000);
}

} // namespace
