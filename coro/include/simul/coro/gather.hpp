#pragma once

#include <simul/coro/detail/children_of.hpp>
#include <simul/coro/detail/task_range.hpp>
#include <simul/coro/outcome.hpp>
#include <simul/coro/task.hpp>

#include <coroutine>
#include <cstddef>
#include <ranges>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace simul {

template <class T>
class join_handle;

/// Asks `gather` for every task's outcome instead of the first exception.
struct return_exceptions_t {
    explicit return_exceptions_t() = default;
};
inline constexpr return_exceptions_t return_exceptions{};

namespace detail {

enum class gather_mode { values, outcomes };

template <class Awaitable>
inline constexpr bool is_handle = false;
template <class T>
inline constexpr bool is_handle<join_handle<T>> = true;

/// Whether it is known to wait for nothing: the handle of a task that has ended.
template <class Awaitable>
bool has_finished(const Awaitable& awaited) noexcept {
    if constexpr (is_handle<Awaitable>) {
        return awaited.done();
    } else {
        return false;
    }
}
/// Only of containers: a view may make its handles as it is read.
template <class Range>
bool all_have_finished(Range& awaitables) {
    if constexpr (std::ranges::forward_range<Range> &&
                  !std::ranges::view<std::remove_cv_t<Range>> &&
                  std::is_lvalue_reference_v<std::ranges::range_reference_t<Range>> &&
                  is_handle<std::ranges::range_value_t<Range>>) {
        for (const auto& each : awaitables) {
            if (!each.done()) return false;
        }
        return true;
    } else {
        return false;
    }
}

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

/// An owner whose children, when all of them have finished, run without a turn.
template <class Children>
class gather_operation : public owner_of<children_operation, Children> {
    using owner = owner_of<children_operation, Children>;

public:
    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> awaiting) noexcept {
        if (!finished_) return owner::await_suspend(awaiting);
        waiter& line = line_of(awaiting);
        this->begin_inside(line, awaiting);
        this->children_.for_each([&](child_line& each) { each.run_inside(*line.loop); });
        this->end_inside(line);
        return false;
    }

protected:
    template <class Tasks>
    gather_operation(Tasks&& tasks, std::size_t count, gather_mode mode, bool finished)
        : owner(std::forward<Tasks>(tasks), "gather", count, mode == gather_mode::outcomes),
          finished_(finished) {}
    ~gather_operation() = default;

private:
    bool finished_;
};

template <gather_mode Mode, class... Ts>
class gather_tuple_awaiter final : public gather_operation<children_of_tuple<Ts...>> {
public:
    gather_tuple_awaiter(std::tuple<task<Ts>...>&& tasks, bool finished)
        : gather_operation<children_of_tuple<Ts...>>(std::move(tasks), sizeof...(Ts), Mode,
                                                     finished) {}

    [[nodiscard]] static bool await_ready() noexcept { return sizeof...(Ts) == 0; }

    std::tuple<gathered<Ts, Mode>...> await_resume() {
        this->rethrow_failure();
        return std::apply(
            [](auto&... each) {
                return std::tuple<gathered<Ts, Mode>...>(take_from<Ts, Mode>(each)...);
            },
            this->children_.all);
    }
};

/// What gather's vector holds for tasks of T.
template <class T, gather_mode Mode>
using gathered_element =
    std::conditional_t<Mode == gather_mode::values, kept_value<T>, gathered<T, Mode>>;

template <gather_mode Mode, class T>
class gather_range_awaiter final : public gather_operation<children_of_range<T>> {
public:
    gather_range_awaiter(std::vector<task<T>>&& tasks, bool finished)
        : gather_operation<children_of_range<T>>(std::move(tasks), tasks.size(), Mode, finished) {}

    [[nodiscard]] bool await_ready() const noexcept { return this->children_.all.size() == 0; }

    std::vector<gathered_element<T, Mode>> await_resume() {
        this->rethrow_failure();
        std::vector<gathered_element<T, Mode>> results;
        results.reserve(this->children_.all.size());
        for (child<T>& each : this->children_.all) results.push_back(take_from<T, Mode>(each));
        return results;
    }
};

/// Tasks on their way into an awaiter.
template <gather_mode Mode, class... Ts>
class [[nodiscard("gather() does nothing until it is awaited")]] gather_tuple {
public:
    explicit gather_tuple(bool finished, task<Ts>&&... tasks)
        : tasks_(std::move(tasks)...), finished_(finished) {}

    gather_tuple_awaiter<Mode, Ts...> operator co_await() && {
        return gather_tuple_awaiter<Mode, Ts...>(std::move(tasks_), finished_);
    }

private:
    std::tuple<task<Ts>...> tasks_;
    bool finished_;
};

template <gather_mode Mode, class T>
class [[nodiscard("gather() does nothing until it is awaited")]] gather_range {
public:
    gather_range(bool finished, std::vector<task<T>>&& tasks)
        : tasks_(std::move(tasks)), finished_(finished) {}

    gather_range_awaiter<Mode, T> operator co_await() && {
        return gather_range_awaiter<Mode, T>(std::move(tasks_), finished_);
    }

private:
    std::vector<task<T>> tasks_;
    bool finished_;
};

template <gather_mode Mode, class... Ts>
gather_tuple<Mode, Ts...> gather_tasks(bool finished, task<Ts>... tasks) {
    return gather_tuple<Mode, Ts...>(finished, std::move(tasks)...);
}
template <gather_mode Mode, class... Awaitables>
auto gather_each(Awaitables&&... awaitables) {
    const bool finished = (has_finished(awaitables) && ...);
    return gather_tasks<Mode>(finished, as_task(std::forward<Awaitables>(awaitables))...);
}

template <gather_mode Mode, class T>
gather_range<Mode, T> gather_tasks(bool finished, std::vector<task<T>> tasks) {
    return gather_range<Mode, T>(finished, std::move(tasks));
}
template <gather_mode Mode, class Range>
auto gather_all(Range&& awaitables) {
    const bool finished = all_have_finished(awaitables);
    return gather_tasks<Mode>(finished, take_tasks(std::forward<Range>(awaitables)));
}

} // namespace detail

/// Runs all of them at once and waits until every one has ended; gives their results in the order
/// of the arguments, as a tuple in which `std::monostate` stands for void.
///
/// When one fails, the others are cancelled and awaited, and then its exception is thrown; further
/// failures are logged. A cancel of the caller cancels all of them; it is thrown when they have
/// ended, unless all came to their values nevertheless. Gathering nothing completes at once, and so
/// does gathering handles of tasks that have all ended.
///
///     auto [name, size] = co_await simul::gather(read_name(), read_size());
template <detail::awaitable... Awaitables>
auto gather(Awaitables&&... awaitables) {
    return detail::gather_each<detail::gather_mode::values>(
        std::forward<Awaitables>(awaitables)...);
}

/// The same for a range of tasks; gives a vector of their results in the range's order
/// (`std::monostate` for void, `std::reference_wrapper` for references). Tasks are moved out of it.
///
///     std::vector<int> all = co_await simul::gather(std::move(tasks));
template <detail::range_of_awaitables Range>
auto gather(Range&& awaitables) {
    return detail::gather_all<detail::gather_mode::values>(std::forward<Range>(awaitables));
}

/// Waits for all of them, whatever becomes of each, and gives every one's outcome. A failure
/// cancels nobody. Throws only `cancelled`, when the caller was cancelled and with it a child.
///
///     auto [a, b] = co_await simul::gather(simul::return_exceptions, risky(), safe());
template <detail::awaitable... Awaitables>
auto gather(return_exceptions_t, Awaitables&&... awaitables) {
    return detail::gather_each<detail::gather_mode::outcomes>(
        std::forward<Awaitables>(awaitables)...);
}

/// The same for a range; gives a vector of outcomes.
template <detail::range_of_awaitables Range>
auto gather(return_exceptions_t, Range&& awaitables) {
    return detail::gather_all<detail::gather_mode::outcomes>(std::forward<Range>(awaitables));
}

} // namespace simul
