#pragma once

#include <simul/coro/detail/fixed_array.hpp>
#include <simul/coro/spawn.hpp>
#include <simul/loop/error.hpp>

#include <concepts>
#include <coroutine>
#include <cstddef>
#include <ranges>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace simul {

/// What `wait` waits for.
enum class wait_until {
    first_completed, ///< one task has ended, in whatever way
    first_failed,    ///< one has failed or was cancelled, or all have ended
    all_completed,   ///< all have ended
};

/// The handles given to `wait`, sorted; each list in the order in which they were given.
template <class T>
struct wait_result {
    std::vector<join_handle<T>> finished;
    std::vector<join_handle<T>> pending;
};

namespace detail {

/// Waits for several spawned tasks.
class SIMUL_API wait_operation : public operation {
public:
    void cancel() noexcept final;
    void describe(std::string& out) const final;

protected:
    wait_operation(std::size_t count, wait_until mode) : hooks_(count), mode_(mode) {}
    ~wait_operation() = default;

    class hook final : public join_hook {
    public:
        hook(wait_operation& owner, spawned_base& joined) noexcept
            : join_hook(joined), owner_(owner) {}
        void joined_ended() noexcept override { owner_.one_ended(joined()); }
        using join_hook::link;
        using join_hook::unlink;

    private:
        wait_operation& owner_;
    };

    void watch(spawned_base& task) { hooks_.emplace_back(*this, task); }
    [[nodiscard]] bool is_over() const noexcept;
    bool start(waiter& by, std::coroutine_handle<> at);
    void check() const {
        if (was_cancelled_) throw cancelled{};
    }

    fixed_array<hook> hooks_;

private:
    [[nodiscard]] bool ends_wait(const spawned_base& task) const noexcept;
    void one_ended(spawned_base& task) noexcept;
    void end() noexcept;

    std::size_t running_ = 0;
    wait_until mode_;
    bool was_cancelled_ = false;
};

template <class T>
class wait_awaiter final : public wait_operation {
public:
    wait_awaiter(std::vector<join_handle<T>>&& handles, wait_until mode)
        : wait_operation(handles.size(), mode), handles_(std::move(handles)) {
        for (const join_handle<T>& each : handles_) watch(join_access::state(each));
    }

    [[nodiscard]] bool await_ready() const noexcept { return is_over(); }

    /// \throws std::logic_error    when the caller must not wait for one of the tasks.
    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> awaiting) {
        return start(line_of(awaiting), awaiting);
    }

    wait_result<T> await_resume() {
        check();
        wait_result<T> sorted;
        for (join_handle<T>& each : handles_) {
            (each.done() ? sorted.finished : sorted.pending).push_back(std::move(each));
        }
        return sorted;
    }

private:
    std::vector<join_handle<T>> handles_;
};

template <class T>
class [[nodiscard("wait() does nothing until it is awaited")]] wait_task {
public:
    wait_task(std::vector<join_handle<T>>&& handles, wait_until mode) noexcept
        : handles_(std::move(handles)), mode_(mode) {}

    wait_awaiter<T> operator co_await() && { return wait_awaiter<T>(std::move(handles_), mode_); }

private:
    std::vector<join_handle<T>> handles_;
    wait_until mode_;
};

template <class T>
inline constexpr bool is_join_handle = false;
template <class T>
inline constexpr bool is_join_handle<join_handle<T>> = true;

} // namespace detail

/// Waits for spawned tasks without touching them: it cancels nothing, throws nothing of theirs, and
/// a cancel of the waiting leaves them running. Gives the handles back as those that have ended and
/// those that have not.
///
/// \throws std::invalid_argument    here, when there are no handles.
///
///     auto [finished, pending] = co_await simul::wait(handles,
///     simul::wait_until::first_completed);
template <std::ranges::input_range Range>
    requires detail::is_join_handle<std::ranges::range_value_t<Range>>
auto wait(Range&& handles, wait_until mode = wait_until::all_completed) {
    using handle = std::ranges::range_value_t<Range>;
    std::vector<handle> kept;
    for (auto&& each : handles) kept.push_back(each);
    if (kept.empty()) throw std::invalid_argument("simul: wait() for no task at all");
    return detail::wait_task<typename handle::value_type>(std::move(kept), mode);
}

} // namespace simul
