#pragma once

#include <simul/coro/detail/children_of.hpp>
#include <simul/coro/detail/task_range.hpp>
#include <simul/coro/task.hpp>

#include <cstddef>
#include <exception>
#include <optional>
#include <stdexcept>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace simul {

/// Who won a race over a range, and with what.
template <class T>
struct race_result {
    std::size_t index; ///< its place in the range
    T value;
};

namespace detail {

/// Runs several tasks until one of them has come to a value; then cancels the others and ends when
/// they have ended.
class SIMUL_API race_operation : public child_owner {
public:
    void child_ended(child_line& child) noexcept final;
    void describe(std::string& out) const final;

protected:
    explicit race_operation(std::size_t count) noexcept : running_(count) {}
    ~race_operation() = default;

    void refuse() noexcept { refused_ = true; }
    /// The one that came to a value first. Throws the first failure when none did, and `cancelled`
    /// when there was not even a failure.
    [[nodiscard]] child_line& winner() const;

private:
    std::size_t running_;
    child_line* winner_ = nullptr;
    std::exception_ptr failure_;
    bool refused_ = false;
};

template <class... Ts>
class race_tuple_awaiter final : public owner_of<race_operation, children_of_tuple<Ts...>> {
    using owner = owner_of<race_operation, children_of_tuple<Ts...>>;

public:
    using result_type = std::variant<kept_value<Ts>...>;

    explicit race_tuple_awaiter(std::tuple<task<Ts>...>&& tasks)
        : owner(std::move(tasks), sizeof...(Ts)) {}

    [[nodiscard]] static bool await_ready() noexcept { return false; }

    result_type await_resume() { return take(this->winner(), std::index_sequence_for<Ts...>()); }

private:
    template <std::size_t... I>
    result_type take(const child_line& won, std::index_sequence<I...>) {
        std::optional<result_type> result;
        (take_if<I>(won, result), ...);
        return std::move(*result);
    }
    template <std::size_t I>
    void take_if(const child_line& won, std::optional<result_type>& into) {
        auto& each = std::get<I>(this->children_.all);
        if (&each == &won) into.emplace(std::in_place_index<I>, each.take_value());
    }
};

template <class T>
class race_range_awaiter final : public owner_of<race_operation, children_of_range<T>> {
    using owner = owner_of<race_operation, children_of_range<T>>;

public:
    explicit race_range_awaiter(std::vector<task<T>>&& tasks)
        : owner(std::move(tasks), tasks.size()) {}

    [[nodiscard]] static bool await_ready() noexcept { return false; }

    race_result<kept_value<T>> await_resume() {
        auto& won = static_cast<child<T>&>(this->winner());
        return {static_cast<std::size_t>(&won - this->children_.all.begin()), won.take_value()};
    }
};

/// Tasks on their way into an awaiter.
template <class... Ts>
class [[nodiscard("race() does nothing until it is awaited")]] race_tuple {
public:
    explicit race_tuple(task<Ts>&&... tasks) : tasks_(std::move(tasks)...) {}

    race_tuple_awaiter<Ts...> operator co_await() && {
        return race_tuple_awaiter<Ts...>(std::move(tasks_));
    }

private:
    std::tuple<task<Ts>...> tasks_;
};

template <class T>
class [[nodiscard("race() does nothing until it is awaited")]] race_range {
public:
    explicit race_range(std::vector<task<T>>&& tasks) : tasks_(std::move(tasks)) {}

    race_range_awaiter<T> operator co_await() && {
        return race_range_awaiter<T>(std::move(tasks_));
    }

private:
    std::vector<task<T>> tasks_;
};

template <class... Ts>
race_tuple<Ts...> race_tasks(task<Ts>... tasks) {
    return race_tuple<Ts...>(std::move(tasks)...);
}

template <class T>
race_range<T> race_all(std::vector<task<T>> tasks) {
    if (tasks.empty()) throw std::invalid_argument("simul: race() of nothing would never end");
    return race_range<T>(std::move(tasks));
}

} // namespace detail

/// Runs all of them at once until one has come to a value; gives that value as a std::variant whose
/// index is the winner's place (`std::monostate` for void). The others are cancelled, and have
/// ended when it returns. One that fails leaves the race to the others; when all have failed, the
/// first failure is thrown.
///
/// A cancel of the caller cancels all of them and is thrown when they have ended, unless one came
/// to a value nevertheless.
///
///     auto first = co_await simul::race(from_cache(), from_disk());
template <detail::awaitable... Awaitables>
    requires(sizeof...(Awaitables) > 0)
auto race(Awaitables&&... awaitables) {
    return detail::race_tasks(detail::as_task(std::forward<Awaitables>(awaitables))...);
}

/// The same for a range, which gives a `race_result`: the winner's index and its value.
///
/// \throws std::invalid_argument    when the range is empty.
template <detail::range_of_awaitables Range>
auto race(Range&& awaitables) {
    return detail::race_all(detail::take_tasks(std::forward<Range>(awaitables)));
}

} // namespace simul
