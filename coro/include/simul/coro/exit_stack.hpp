#pragma once

#include <simul/coro/detail/awaitable.hpp>
#include <simul/coro/detail/resource.hpp>
#include <simul/coro/task.hpp>
#include <simul/coro/with.hpp>
#include <simul/loop/config.hpp>

#include <concepts>
#include <cstddef>
#include <exception>
#include <memory>
#include <type_traits>
#include <utility>

namespace simul {
namespace detail {

/// One tear-down of a stack.
class exit_entry {
public:
    exit_entry() noexcept = default;
    exit_entry(const exit_entry&) = delete;
    exit_entry& operator=(const exit_entry&) = delete;
    virtual ~exit_entry() = default;

    /// Once; the entry lives until the task has ended.
    virtual task<> run(std::exception_ptr error) = 0;

    std::unique_ptr<exit_entry> below;
};

template <class Resource>
class resource_entry final : public exit_entry {
public:
    task<> run(std::exception_ptr error) override {
        return tear_down(used.held(), std::move(error));
    }

    resource_in_use<Resource> used;
};

template <class Fn>
class callback_entry final : public exit_entry {
public:
    template <class From>
    explicit callback_entry(From&& from) : fn_(std::forward<From>(from)) {}

    task<> run(std::exception_ptr error) override { return call(fn_, std::move(error)); }

private:
    static task<> call(Fn& fn, std::exception_ptr error) {
        if constexpr (std::invocable<Fn&, std::exception_ptr>) {
            if constexpr (awaitable<std::invoke_result_t<Fn&, std::exception_ptr>>) {
                (void)co_await fn(std::move(error));
            } else {
                fn(std::move(error));
            }
        } else if constexpr (awaitable<std::invoke_result_t<Fn&>>) {
            (void)co_await fn();
        } else {
            fn();
        }
        co_return;
    }

    Fn fn_;
};

template <class Fn>
concept exit_callback = std::invocable<Fn&, std::exception_ptr> || std::invocable<Fn&>;

} // namespace detail

/// Several resources in one scope, as many as turn out to be needed: their tear-downs run one after
/// the other, last in first out, and all of them whatever fails. Python's `AsyncExitStack`.
///
/// `with_exit_stack` makes one and closes it. Who makes one himself awaits `close()`: tear-downs
/// that a stack still has when it is destroyed do not run, which is logged. Moving it hands all of
/// them on; not while it is being closed. It must outlive the tasks that `enter` it.
///
///     co_await simul::with_exit_stack([&](simul::exit_stack& stack) -> simul::task<> {
///         std::vector<simul::fs::file*> files;
///         for (const auto& path : paths) {
///             simul::fs::file& opened = co_await stack.enter(simul::fs::open(path));
///             files.push_back(&opened);
///         }
///         co_await merge(files);
///     });
class SIMUL_API exit_stack {
public:
    exit_stack() noexcept = default;
    exit_stack(exit_stack&& other) noexcept
        : top_(std::move(other.top_)), size_(std::exchange(other.size_, 0)) {}
    exit_stack& operator=(exit_stack&& other) noexcept {
        exit_stack(std::move(other)).swap(*this);
        return *this;
    }
    exit_stack(const exit_stack&) = delete;
    exit_stack& operator=(const exit_stack&) = delete;
    ~exit_stack() {
        if (top_ != nullptr) [[unlikely]]
            drop();
    }

    void swap(exit_stack& other) noexcept {
        std::swap(top_, other.top_);
        std::swap(size_, other.size_);
    }

    /// Sets a resource up, of any kind that `with` takes, and puts its tear-down on the stack.
    /// Gives a reference to what `enter()` gave, else to the resource; a temporary lives in the
    /// stack until its tear-down has ended. When it fails or is cancelled, the stack is as it was.
    template <class Source>
    auto enter(Source&& source) {
        detail::check_source<Source>();
        if constexpr (detail::resource_source<Source>) {
            return enter_kept<detail::kept_source<Source>>(*this, std::forward<Source>(source));
        }
    }

    /// Puts a function on the stack, which is called with the exception that the tear-downs before
    /// it have to know of, or null, or with nothing. What it returns is awaited if it can be.
    template <class Fn>
        requires detail::exit_callback<std::decay_t<Fn>>
    void push(Fn&& fn) {
        put(std::make_unique<detail::callback_entry<std::decay_t<Fn>>>(std::forward<Fn>(fn)));
    }

    /// Runs all tear-downs, also in a cancelled task; a cancel that comes meanwhile is left to the
    /// next suspension. Those that a tear-down adds run as well. Throws the first failure when all
    /// have ended; further ones are logged. May be called again.
    [[nodiscard]] task<> close();

    /// Makes the stack a resource itself: runs all tear-downs with the exception `error`, or null,
    /// and throws their first failure if there was no exception before.
    [[nodiscard]] task<> exit(std::exception_ptr error);

    /// How many tear-downs it has.
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] bool empty() const noexcept { return top_ == nullptr; }

private:
    template <class Source>
    static auto enter_kept(exit_stack& into, Source source)
        -> task<typename detail::resource_in_use<detail::resource_from<Source>>::seen_type&> {
        using resource_type = detail::resource_from<Source>;
        // Made first, so that nothing can fail between the set-up and this.
        auto entry = std::make_unique<detail::resource_entry<resource_type>>();
        auto& used = entry->used;
        co_await detail::set_up<Source>(used, source);
        into.put(std::move(entry));
        co_return used.seen();
    }

    void put(std::unique_ptr<detail::exit_entry> entry) noexcept;
    std::unique_ptr<detail::exit_entry> take() noexcept;
    void drop() noexcept;

    std::unique_ptr<detail::exit_entry> top_;
    std::size_t size_ = 0;
};

/// Runs `body` with a stack and closes that at the end, however the body ends; gives the body's
/// value. The rules are those of `with`: each tear-down gets the exception that the body, or else
/// a tear-down before it, has thrown.
template <class Fn>
    requires std::invocable<std::decay_t<Fn>&, exit_stack&>
auto with_exit_stack(Fn&& body) {
    return with(exit_stack(), std::forward<Fn>(body));
}

} // namespace simul
