// Random trees of everything that runs tasks side by side, with random cancels from outside.

#include <simul/simul.hpp>

#include "log_capture.hpp"
#include "run_virtual.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <exception>
#include <random>
#include <ranges>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

using simul::task;
using namespace std::chrono_literals;

class forest {
public:
    explicit forest(std::uint64_t seed) : random_(seed) {}

    task<> grow() {
        for (int i = 0; i < 3; ++i) keep(simul::spawn(node(4, loose_)));
        auto storm = simul::spawn(cancel_at_random());
        for (int i = 0; i < 3; ++i) (void)co_await ending_of(node(5, rooted_));
        co_await storm;
        EXPECT_EQ(rooted_, 0);
        if (one_in(2)) {
            // Those that are left are cancelled at the end of the loop.
            while (!handles_.empty()) {
                const simul::join_handle<int> h = handles_.back();
                handles_.pop_back();
                (void)co_await ending_of(h);
            }
        }
        handles_.clear();
    }

    void check() const {
        EXPECT_EQ(loose_, 0);
        EXPECT_EQ(begun_, values_ + failures_ + cancels_) << "every one ends in one way";
        EXPECT_EQ(destroyed_, 0) << "none was destroyed while it waited";
    }

    [[nodiscard]] int begun() const { return begun_; }
    [[nodiscard]] int values() const { return values_; }
    [[nodiscard]] int failures() const { return failures_; }
    [[nodiscard]] int cancels() const { return cancels_; }

private:
    enum class ending : unsigned char { value, failure, cancel };

    // Counts a node and its end, and that it lives as far as its parent is concerned.
    class life {
    public:
        life(forest& in, int& siblings) : in_(in), siblings_(siblings) {
            ++in_.begun_;
            ++siblings_;
        }
        life(const life&) = delete;
        life& operator=(const life&) = delete;
        ~life() {
            --siblings_;
            if (!ended_) ++in_.destroyed_;
        }
        void ended(ending how) {
            ended_ = true;
            ++(how == ending::value     ? in_.values_
               : how == ending::failure ? in_.failures_
                                        : in_.cancels_);
        }

    private:
        forest& in_;
        int& siblings_;
        bool ended_ = false;
    };

    int below(int n) { return static_cast<int>(random_() % static_cast<std::uint64_t>(n)); }
    bool one_in(int n) { return below(n) == 0; }
    std::chrono::milliseconds some_time() { return std::chrono::milliseconds(below(20)); }
    void keep(simul::join_handle<int> h) { handles_.push_back(std::move(h)); }

    template <class Awaitable>
    static task<bool> ending_of(Awaitable awaited) {
        bool well = false;
        try {
            (void)co_await std::move(awaited);
            well = true;
        } catch (const std::exception&) {
        } catch (const simul::cancelled&) {
        }
        co_return well;
    }

    // The parent's wait has ended, in whatever way: none of its children may be left.
    task<int> node(int depth, int& siblings) {
        life counted(*this, siblings);
        int children = 0;
        std::exception_ptr error;
        int value = 0;
        bool by_cancel = false;
        try {
            value = co_await something(depth, children);
        } catch (const simul::cancelled&) {
            by_cancel = true;
            error = std::current_exception();
        } catch (...) {
            error = std::current_exception();
        }
        EXPECT_EQ(children, 0);
        if (by_cancel && one_in(4)) { // another cancel may come meanwhile
            (void)co_await ending_of(simul::shield(simul::sleep(some_time())));
        }
        if (by_cancel && one_in(8)) { // a clean-up with tasks of its own
            (void)co_await ending_of(simul::shield(node(1, children)));
            EXPECT_EQ(children, 0);
        }
        if (error == nullptr) {
            counted.ended(ending::value);
            co_return value;
        }
        counted.ended(by_cancel ? ending::cancel : ending::failure);
        std::rethrow_exception(error);
    }

    std::vector<task<int>> nodes(int depth, int& children) {
        std::vector<task<int>> made;
        for (int i = 1 + below(3); i > 0; --i) made.push_back(node(depth - 1, children));
        return made;
    }

    task<int> leaf() {
        switch (below(6)) {
        case 0: co_await simul::yield(); break;
        case 1: co_await simul::shield(simul::sleep(some_time())); break;
        case 2: co_await simul::sleep(some_time()); throw std::runtime_error("a leaf failed");
        case 3: co_return 1;
        default: co_await simul::sleep(some_time()); break;
        }
        co_return 2;
    }

    task<int> first_of(std::vector<task<int>> tasks) {
        auto done = simul::as_completed(std::move(tasks));
        int sum = 0;
        while (auto item = co_await done.next()) {
            if (item->result.has_value()) sum += item->result.value();
            if (one_in(3)) break;
            if (one_in(3)) co_await simul::sleep(some_time());
            if (one_in(6)) throw std::runtime_error("a consumer failed");
        }
        co_return sum;
    }

    task<int> grouped(int depth, int& children) {
        co_await simul::with_task_group([&](simul::task_group& group) -> task<> {
            for (int i = below(3); i > 0; --i) group.spawn(node(depth - 1, children));
            if (one_in(2)) {
                group.spawn([&, depth]() -> task<> {
                    co_await simul::sleep(some_time());
                    group.spawn(node(depth - 1, children));
                    if (one_in(3)) group.cancel();
                });
            }
            if (one_in(3)) {
                const auto server = [&, depth](simul::task_started& ready) -> task<> {
                    (void)co_await node(depth - 1, children);
                    ready.set();
                    (void)co_await node(depth - 1, children);
                };
                co_await group.start(server);
            }
            if (one_in(3)) co_await simul::sleep(some_time());
            if (one_in(8)) throw std::runtime_error("a body failed");
        });
        co_return 1;
    }

    task<int> something(int depth, int& children) {
        if (depth <= 0) co_return co_await leaf();
        switch (below(11)) {
        case 0: {
            const auto all = co_await simul::gather(nodes(depth, children));
            co_return all.front();
        }
        case 1: {
            const auto [a, b] = co_await simul::gather(
                simul::return_exceptions, node(depth - 1, children), node(depth - 1, children));
            co_return a.has_value() && b.has_value() ? 1 : 0;
        }
        case 2: co_return (co_await simul::race(nodes(depth, children))).value;
        case 3: co_return co_await simul::timeout(some_time(), node(depth - 1, children));
        case 4: {
            const auto some = co_await simul::move_on_after(some_time(), node(depth - 1, children));
            co_return some.value_or(0);
        }
        case 5: co_return co_await simul::shield(node(depth - 1, children));
        case 6: co_return co_await grouped(depth, children);
        case 7: {
            const auto h = simul::spawn(node(depth - 1, loose_));
            keep(h);
            if (one_in(2)) co_return 0;
            co_return co_await h;
        }
        case 8: co_return co_await first_of(nodes(depth, children));
        case 9: {
            const auto visit = [&, depth](int) { return node(depth - 1, children); };
            co_await simul::for_each_concurrent(std::views::iota(0, 3), 2, visit);
            co_return 3;
        }
        default: {
            if (handles_.empty()) co_return co_await leaf();
            const auto mode = static_cast<simul::wait_until>(below(3));
            std::vector<simul::join_handle<int>> some;
            // Older ones cannot wait for this one.
            for (int i = 0; i < 2 && !handles_.empty(); ++i) some.push_back(handles_.front());
            const auto [finished, pending] = co_await simul::timeout(20ms, simul::wait(some, mode));
            co_return static_cast<int>(finished.size());
        }
        }
    }

    task<> cancel_at_random() {
        for (int i = 0; i < 20; ++i) {
            co_await simul::sleep(some_time());
            for (int turns = below(3); turns > 0; --turns) co_await simul::yield();
            if (!handles_.empty()) {
                handles_[static_cast<std::size_t>(below(static_cast<int>(handles_.size())))]
                    .cancel();
            }
        }
    }

    std::mt19937_64 random_;
    std::vector<simul::join_handle<int>> handles_;
    int loose_ = 0;
    int rooted_ = 0;
    int begun_ = 0;
    int values_ = 0;
    int failures_ = 0;
    int cancels_ = 0;
    int destroyed_ = 0;
};

TEST(coordination_stress, random_trees_lose_nothing_whatever_is_cancelled) {
    simul_test::log_capture log;
    const simul::usage before = simul::current_usage();
    int begun = 0;
    int values = 0;
    int failures = 0;
    int cancels = 0;
    std::uint64_t seed = 0;
    simul_test::over_orders(2000, [&](simul::run_options options) {
        forest trees(seed++);
        const auto began = std::chrono::steady_clock::now();
        auto took = simul::clock::duration::zero();
        simul_test::run_with(options, [&]() -> task<> {
            const auto start = simul::clock::now();
            co_await trees.grow();
            took = simul::clock::now() - start;
        });
        trees.check();
        EXPECT_LT(took, 10s) << "virtual";
        EXPECT_LT(std::chrono::steady_clock::now() - began, 20s);
        EXPECT_EQ(simul::current_usage().frames, before.frames);
        EXPECT_EQ(simul::current_usage().handles, before.handles);
        EXPECT_EQ(simul::current_usage().requests, before.requests);
        begun += trees.begun();
        values += trees.values();
        failures += trees.failures();
        cancels += trees.cancels();
        EXPECT_FALSE(log.contains("did not end")) << log.text();
    });
    RecordProperty("begun", begun);
    RecordProperty("values", values);
    RecordProperty("failures", failures);
    RecordProperty("cancels", cancels);
    EXPECT_GT(values, 1000);
    EXPECT_GT(failures, 1000);
    EXPECT_GT(cancels, 1000);
}

} // namespace
