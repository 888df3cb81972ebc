#pragma once

#include <simul/coro/spawn.hpp>
#include <simul/coro/task.hpp>
#include <simul/loop/loop.hpp>

#include <exception>
#include <future>
#include <memory>
#include <type_traits>
#include <utility>

namespace simul {
namespace detail {

/// A task on its way to another thread's loop, and who waits for it.
template <class T>
struct submission {
    explicit submission(task<T>&& from) : work(std::move(from)) {}

    task<T> work;
    std::promise<T> to;
};

/// Runs the task and hands on what becomes of it. A cancel arrives as `simul::cancelled`.
template <class T>
task<> fulfil(std::shared_ptr<submission<T>> submitted) {
    std::promise<T>& to = submitted->to;
    try {
        if constexpr (std::is_void_v<T>) {
            co_await std::move(submitted->work);
            to.set_value();
        } else {
            to.set_value(co_await std::move(submitted->work));
        }
    } catch (...) {
        to.set_exception(std::current_exception());
    }
}

} // namespace detail

template <class Awaitable>
auto loop::submit(Awaitable&& work) {
    auto task = detail::as_task(std::forward<Awaitable>(work));
    using value = typename decltype(task)::value_type;
    auto submitted = std::make_shared<detail::submission<value>>(std::move(task));
    std::future<value> result = submitted->to.get_future();
    post([this, submitted = std::move(submitted)] {
        try {
            (void)spawn(detail::fulfil(submitted));
        } catch (...) { // it cannot even begin
            submitted->to.set_exception(std::current_exception());
        }
    });
    return result;
}

} // namespace simul
