// Conversion from and to std::generator, by a stand-in where the standard library has none.
#include "tracked.hpp"

#include <simul/gen/generator.hpp>

#include <gtest/gtest.h>

#include <concepts>
#include <coroutine>
#include <cstddef>
#include <exception>
#include <iterator>
#include <memory>
#include <optional>
#include <ranges>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace stand_in {

// As much of std::generator as the conversions touch: what may be yielded, and what is handed out.
template <class T>
class generator : public std::ranges::view_base {
public:
    using reference = std::conditional_t<std::is_reference_v<T>, T, T&&>;

    class promise_type {
        using object = std::remove_reference_t<T>;

    public:
        generator get_return_object() { return generator(handle::from_promise(*this)); }
        static std::suspend_always initial_suspend() noexcept { return {}; }
        static std::suspend_always final_suspend() noexcept { return {}; }
        static void return_void() noexcept {}
        void unhandled_exception() { error_ = std::current_exception(); }

        std::suspend_always yield_value(reference value) noexcept {
            value_ = std::addressof(value);
            return {};
        }
        class copied {
        public:
            copied(promise_type& promise, const object& value) : promise_(promise), copy_(value) {}
            static bool await_ready() noexcept { return false; }
            void await_suspend(std::coroutine_handle<>) noexcept {
                promise_.value_ = std::addressof(copy_);
            }
            static void await_resume() noexcept {}

        private:
            promise_type& promise_;
            std::remove_const_t<object> copy_;
        };
        copied yield_value(const object& value)
            requires(std::is_rvalue_reference_v<reference> && std::copy_constructible<object>)
        {
            return copied(*this, value);
        }

        reference value() const noexcept { return static_cast<reference>(*value_); }
        void rethrow() const {
            if (error_) std::rethrow_exception(error_);
        }

    private:
        object* value_ = nullptr;
        std::exception_ptr error_;
    };

    generator(generator&& other) noexcept : coroutine_(std::exchange(other.coroutine_, nullptr)) {}
    generator& operator=(generator&& other) noexcept {
        std::swap(coroutine_, other.coroutine_);
        return *this;
    }
    ~generator() {
        if (coroutine_) coroutine_.destroy();
    }

    class iterator {
    public:
        using value_type = std::remove_cvref_t<T>;
        using difference_type = std::ptrdiff_t;

        explicit iterator(std::coroutine_handle<promise_type> at) : at_(at) {}
        reference operator*() const noexcept { return at_.promise().value(); }
        iterator& operator++() {
            at_.resume();
            at_.promise().rethrow();
            return *this;
        }
        void operator++(int) { ++*this; }
        friend bool operator==(const iterator& i, std::default_sentinel_t) { return i.at_.done(); }

    private:
        std::coroutine_handle<promise_type> at_;
    };
    iterator begin() { return ++iterator(coroutine_); }
    static std::default_sentinel_t end() noexcept { return {}; }

private:
    using handle = std::coroutine_handle<promise_type>;

    explicit generator(handle coroutine) noexcept : coroutine_(coroutine) {}

    handle coroutine_;
};

} // namespace stand_in

template <class T>
inline constexpr bool simul::detail::is_std_generator<stand_in::generator<T>> = true;

namespace {

using simul_test::tracked;
using simul_test::tracked_counts;

static_assert(std::convertible_to<stand_in::generator<int>, simul::generator<int>>);
static_assert(std::convertible_to<simul::generator<int>, stand_in::generator<int>>);
static_assert(!std::convertible_to<simul::generator<int>&, stand_in::generator<int>>);
static_assert(!std::convertible_to<std::vector<int>, simul::generator<int>>);

TEST(std_generator, becomes_a_generator_that_hands_out_the_same_elements) {
    tracked_counts counts;
    const auto standard = [&](tracked) -> stand_in::generator<int> {
        const tracked local(counts);
        for (int i = 0;; ++i) co_yield int(i);
    };
    {
        simul::generator<int> g = standard(tracked(counts));
        EXPECT_EQ(*g.next(), 0);
        EXPECT_EQ(*g.next(), 1);
        EXPECT_EQ(counts.alive(), 2);
    }
    EXPECT_TRUE(counts.balanced());
}

TEST(std_generator, becomes_a_generator_that_shows_the_objects_themselves) {
    std::vector<std::string> words{"a", "b"};
    const auto standard = [&]() -> stand_in::generator<std::string&> {
        for (std::string& word : words) co_yield word;
    };
    simul::generator<std::string&> g = standard();
    for (std::string& word : g) word += "!";
    EXPECT_EQ(words, (std::vector<std::string>{"a!", "b!"}));
    const auto move_only = []() -> stand_in::generator<std::unique_ptr<int>> {
        co_yield std::make_unique<int>(7);
    };
    simul::generator<std::unique_ptr<int>> pointers = move_only();
    const std::unique_ptr<int> taken = std::move(*pointers.next());
    EXPECT_EQ(*taken, 7);
}

TEST(std_generator, is_made_of_a_generator_and_keeps_it) {
    tracked_counts counts;
    const auto own = [&](tracked) -> simul::generator<int> {
        const tracked local(counts);
        for (int i = 0; i < 3; ++i) co_yield i;
    };
    {
        auto g = own(tracked(counts));
        EXPECT_EQ(*g.next(), 0);
        stand_in::generator<int> standard = std::move(g);
        EXPECT_EQ(g.next(), nullptr);
        std::vector<int> rest;
        for (int&& i : standard) rest.push_back(i);
        EXPECT_EQ(rest, (std::vector<int>{1, 2}));
    }
    EXPECT_TRUE(counts.balanced());
}

TEST(std_generator, made_of_a_generator_copies_what_it_hands_out_as_rvalues_if_it_can) {
    std::string kept("kept");
    const auto own = [&]() -> simul::generator<std::string> {
        co_yield kept;
        co_yield kept;
    };
    stand_in::generator<std::string> standard = own();
    std::vector<std::string> taken;
    for (std::string&& word : standard) taken.push_back(std::move(word));
    EXPECT_EQ(taken, (std::vector<std::string>{"kept", "kept"}));
    const auto pointers = []() -> simul::generator<std::unique_ptr<int>> {
        co_yield std::make_unique<int>(7);
    };
    stand_in::generator<std::unique_ptr<int>> moved = pointers();
    for (std::unique_ptr<int>&& each : moved) {
        const std::unique_ptr<int> mine = std::move(each);
        EXPECT_EQ(*mine, 7);
    }
}

TEST(std_generator, passes_on_an_exception_in_either_direction) {
    const auto standard = []() -> stand_in::generator<int> {
        co_yield 1;
        throw std::runtime_error("broken");
    };
    simul::generator<int> g = standard();
    EXPECT_EQ(*g.next(), 1);
    EXPECT_THROW((void)g.next(), std::runtime_error);
    const auto own = []() -> simul::generator<int> {
        co_yield 1;
        throw std::runtime_error("broken");
    };
    stand_in::generator<int> s = own();
    EXPECT_THROW(
        {
            for (int&& i : s) EXPECT_EQ(i, 1);
        },
        std::runtime_error);
}

TEST(std_generator, is_handed_out_by_elements_of) {
    const auto standard = []() -> stand_in::generator<int> {
        co_yield 1;
        co_yield 2;
    };
    const auto own = [&]() -> simul::generator<int> {
        co_yield 0;
        co_yield simul::elements_of(standard());
    };
    std::vector<int> all;
    for (const int i : own()) all.push_back(i);
    EXPECT_EQ(all, (std::vector<int>{0, 1, 2}));
}

} // namespace
