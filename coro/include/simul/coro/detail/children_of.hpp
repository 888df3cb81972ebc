#pragma once

#include <simul/coro/detail/children.hpp>
#include <simul/coro/detail/fixed_array.hpp>

#include <coroutine>
#include <tuple>
#include <utility>
#include <vector>

namespace simul::detail {

/// `Base`, an owner of children with begin() and refuse(), for the tasks of a tuple.
template <class Base, class... Ts>
class owner_of_tuple : public Base {
public:
    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> awaiting) noexcept {
        waiter& line = line_of(awaiting);
        if (!this->begin(line, awaiting)) {
            this->refuse();
            return false;
        }
        std::apply([&](auto&... each) { (each.start(*line.loop), ...); }, children_);
        return true;
    }

    void cancel_children() noexcept final {
        std::apply([](auto&... each) { (each.cancel(), ...); }, children_);
    }
    void visit_children(group_operation::visitor& to) const final {
        std::apply([&](const auto&... each) { (to.visit(each), ...); }, children_);
    }

protected:
    /// The rest are the arguments of Base.
    template <class... Args>
    explicit owner_of_tuple(std::tuple<task<Ts>...>&& tasks, Args... args)
        : owner_of_tuple(std::index_sequence_for<Ts...>(), tasks, args...) {}
    ~owner_of_tuple() = default;

    std::tuple<child<Ts>...> children_;

private:
    template <std::size_t... I, class... Args>
    owner_of_tuple(std::index_sequence<I...>, std::tuple<task<Ts>...>& tasks, Args... args)
        : Base(args...), children_(child_seed<Ts>{*this, std::get<I>(tasks)}...) {}
};

/// The same for the tasks of a vector, whose memory it gives back.
template <class Base, class T>
class owner_of_range : public Base {
public:
    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> awaiting) noexcept {
        waiter& line = line_of(awaiting);
        if (!this->begin(line, awaiting)) {
            this->refuse();
            return false;
        }
        for (child<T>& each : children_) each.start(*line.loop);
        return true;
    }

    void cancel_children() noexcept final {
        for (child<T>& each : children_) each.cancel();
    }
    void visit_children(group_operation::visitor& to) const final {
        for (const child<T>& each : children_) to.visit(each);
    }

protected:
    template <class... Args>
    explicit owner_of_range(std::vector<task<T>>&& tasks, Args... args)
        : Base(args...), children_(tasks.size()) {
        for (task<T>& each : tasks) children_.emplace_back(child_seed<T>{*this, each});
        std::vector<task<T>>().swap(tasks);
    }
    ~owner_of_range() = default;

    fixed_array<child<T>> children_;
};

} // namespace simul::detail
