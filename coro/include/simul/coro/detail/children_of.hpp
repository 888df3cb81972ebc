#pragma once

#include <simul/coro/detail/children.hpp>
#include <simul/coro/detail/fixed_array.hpp>

#include <coroutine>
#include <cstddef>
#include <tuple>
#include <utility>
#include <vector>

namespace simul::detail {

/// A child for each task of a tuple.
template <class... Ts>
class children_of_tuple {
public:
    children_of_tuple(child_owner& owner, std::tuple<task<Ts>...>&& tasks)
        : children_of_tuple(owner, tasks, std::index_sequence_for<Ts...>()) {}

    template <class Fn>
    void for_each(Fn fn) {
        std::apply([&](auto&... each) { (fn(each), ...); }, all);
    }
    template <class Fn>
    void for_each(Fn fn) const {
        std::apply([&](const auto&... each) { (fn(each), ...); }, all);
    }

    std::tuple<child<Ts>...> all;

private:
    template <std::size_t... I>
    children_of_tuple(child_owner& owner, std::tuple<task<Ts>...>& tasks, std::index_sequence<I...>)
        : all(child_seed<Ts>{owner, std::get<I>(tasks)}...) {}
};

/// The same for the tasks of a vector, whose memory it gives back.
template <class T>
class children_of_range {
public:
    children_of_range(child_owner& owner, std::vector<task<T>>&& tasks) : all(tasks.size()) {
        for (task<T>& each : tasks) all.emplace_back(child_seed<T>{owner, each});
        std::vector<task<T>>().swap(tasks);
    }

    template <class Fn>
    void for_each(Fn fn) {
        for (child<T>& each : all) fn(each);
    }
    template <class Fn>
    void for_each(Fn fn) const {
        for (const child<T>& each : all) fn(each);
    }

    fixed_array<child<T>> all;
};

/// `Base`, an owner of children with begin() and refuse(), together with its `Children`.
template <class Base, class Children>
class owner_of : public Base {
public:
    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> awaiting) noexcept {
        waiter& line = line_of(awaiting);
        if (!this->begin(line, awaiting)) {
            this->refuse();
            return false;
        }
        children_.for_each([&](child_line& each) { each.start(*line.loop); });
        return true;
    }

    void cancel_children() noexcept final {
        children_.for_each([](child_line& each) { each.cancel(); });
    }
    void visit_children(group_operation::visitor& to) const final {
        children_.for_each([&](const child_line& each) { to.visit(each); });
    }

protected:
    /// The rest are the arguments of Base.
    template <class Tasks, class... Args>
    explicit owner_of(Tasks&& tasks, Args... args)
        : Base(args...), children_(*this, std::forward<Tasks>(tasks)) {}
    ~owner_of() = default;

    Children children_;
};

} // namespace simul::detail
