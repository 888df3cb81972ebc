#pragma once

#include <simul/coro/detail/children_of.hpp>
#include <simul/coro/detail/task_range.hpp>
#include <simul/coro/outcome.hpp>
#include <simul/coro/task.hpp>

#include <cstddef>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace simul {

/// Asks `gather` for every task's outcome instead of the first exception.
struct return_exceptions_t {
    explicit return_exceptions_t() = default;
};
inline constexpr return_exceptions_t return_exceptions{};

namespace detail {

enum class gather_mode { values, outcomes };

template <class T, gather_mode Mode>
auto take_from(child<T>& ended) {
    if constexpr (Mode == gather_mode::outcomes) {
        return ended.take_outcome();
    } else if constexpr (std::is_reference_v<T>) {
        return std::ref(ended.take_value());
    } else {
        return ended.take_value();
    }
}

/// What gather's tuple holds for a task of T.
template <class T, gather_mode Mode>
using gathered = std::conditional_t<Mode == gather_mode::outcomes, outcome<T>, detail::value_of<T>>;

template <gather_mode Mode, class... Ts>
class gather_tuple_awaiter final : public owner_of_tuple<children_operation, Ts...> {
public:
    explicit gather_tuple_awaiter(std::tuple<task<Ts>...>&& tasks)
        : owner_of_tuple<children_operation, Ts...>(std::move(tasks), "gather", sizeof...(Ts),
                                                    Mode == gather_mode::outcomes) {}

    [[nodiscard]] static bool await_ready() noexcept { return sizeof...(Ts) == 0; }

    std::tuple<gathered<Ts, Mode>...> await_resume() {
        this->rethrow_failure();
        return std::apply(
            [](auto&... each) {
                return std::tuple<gathered<Ts, Mode>...>(take_from<Ts, Mode>(each)...);
            },
            this->children_);
    }
};

/// What gather's vector holds for tasks of T.
template <class T, gather_mode Mode>
using gathered_element =
    std::conditional_t<Mode == gather_mode::values, kept_value<T>, gathered<T, Mode>>;

template <gather_mode Mode, class T>
class gather_range_awaiter final : public owner_of_range<children_operation, T> {
public:
    explicit gather_range_awaiter(std::vector<task<T>>&& tasks)
        : owner_of_range<children_operation, T>(std::move(tasks), "gather", tasks.size(),
                                                Mode == gather_mode::outcomes) {}

    [[nodiscard]] bool await_ready() const noexcept { return this->children_.size() == 0; }

    std::vector<gathered_element<T, Mode>> await_resume() {
        this->rethrow_failure();
        std::vector<gathered_element<T, Mode>> results;
        results.reserve(this->children_.size());
        for (child<T>& each : this->children_) results.push_back(take_from<T, Mode>(each));
        return results;
    }
};

/// Tasks on their way into an awaiter.
template <gather_mode Mode, class... Ts>
class [[nodiscard("gather() does nothing until it is awaited")]] gather_tuple {
public:
    explicit gather_tuple(task<Ts>&&... tasks) : tasks_(std::move(tasks)...) {}

    gather_tuple_awaiter<Mode, Ts...> operator co_await() && {
        return gather_tuple_awaiter<Mode, Ts...>(std::move(tasks_));
    }

private:
    std::tuple<task<Ts>...> tasks_;
};

template <gather_mode Mode, class T>
class [[nodiscard("gather() does nothing until it is awaited")]] gather_range {
public:
    explicit gather_range(std::vector<task<T>>&& tasks) : tasks_(std::move(tasks)) {}

    gather_range_awaiter<Mode, T> operator co_await() && {
        return gather_range_awaiter<Mode, T>(std::move(tasks_));
    }

private:
    std::vector<task<T>> tasks_;
};

template <gather_mode Mode, class... Ts>
gather_tuple<Mode, Ts...> gather_tasks(task<Ts>... tasks) {
    return gather_tuple<Mode, Ts...>(std::move(tasks)...);
}

template <gather_mode Mode, class T>
gather_range<Mode, T> gather_all(std::vector<task<T>> tasks) {
    return gather_range<Mode, T>(std::move(tasks));
}

} // namespace detail

/// Runs all of them at once and waits until every one has ended; gives their results in the order
/// of the arguments, as a tuple in which `std::monostate` stands for void.
///
/// When one fails, the others are cancelled and awaited, and then its exception is thrown; further
/// failures are logged. A cancel of the caller cancels all of them; it is thrown when they have
/// ended, unless all came to their values nevertheless. Gathering nothing completes at once.
///
///     auto [name, size] = co_await simul::gather(read_name(), read_size());
template <detail::awaitable... Awaitables>
auto gather(Awaitables&&... awaitables) {
    return detail::gather_tasks<detail::gather_mode::values>(
        detail::as_task(std::forward<Awaitables>(awaitables))...);
}

/// The same for a range of tasks; gives a vector of their results in the range's order
/// (`std::monostate` for void, `std::reference_wrapper` for references). Tasks are moved out of it.
///
///     std::vector<int> all = co_await simul::gather(std::move(tasks));
template <detail::range_of_awaitables Range>
auto gather(Range&& awaitables) {
    return detail::gather_all<detail::gather_mode::values>(
        detail::take_tasks(std::forward<Range>(awaitables)));
}

/// Waits for all of them, whatever becomes of each, and gives every one's outcome. A failure
/// cancels nobody. Throws only `cancelled`, when the caller was cancelled and with it a child.
///
///     auto [a, b] = co_await simul::gather(simul::return_exceptions, risky(), safe());
template <detail::awaitable... Awaitables>
auto gather(return_exceptions_t, Awaitables&&... awaitables) {
    return detail::gather_tasks<detail::gather_mode::outcomes>(
        detail::as_task(std::forward<Awaitables>(awaitables))...);
}

/// The same for a range; gives a vector of outcomes.
template <detail::range_of_awaitables Range>
auto gather(return_exceptions_t, Range&& awaitables) {
    return detail::gather_all<detail::gather_mode::outcomes>(
        detail::take_tasks(std::forward<Range>(awaitables)));
}

} // namespace simul
