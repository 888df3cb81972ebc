#pragma once

#include <simul/coro/detail/children.hpp>
#include <simul/coro/spawn.hpp>
#include <simul/coro/task.hpp>

#include <concepts>
#include <coroutine>
#include <cstddef>
#include <exception>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

namespace simul {

class task_group;
class task_started;

namespace detail {

class start_operation;
class task_group_operation;

/// A task of a group; the group deletes it when it has ended.
class SIMUL_API group_member : public child_line, public in_frame_memory {
public:
    virtual ~group_member() = default;

    void describe(std::string& out) const final;

    group_member* next_member = nullptr;
    group_member* previous_member = nullptr;
    start_operation* starter = nullptr; ///< who waits until it has announced itself

protected:
    group_member(child_owner& owner, std::coroutine_handle<> coroutine, std::string&& name) noexcept
        : child_line(owner, coroutine), name_(std::move(name)) {}

private:
    std::string name_;
};

template <class T>
class group_task : public group_member {
public:
    group_task(child_owner& owner, task<T>&& work, std::string&& name)
        : group_member(owner, work.release(), std::move(name)) {}

    [[nodiscard]] std::exception_ptr error() const noexcept final {
        using handle = std::coroutine_handle<task_promise<T>>;
        return handle::from_address(coroutine().address()).promise().ending.error();
    }
};

/// A coroutine lambda in a group; lives as long as its coroutine, which refers to it.
template <class T, class Fn>
class group_call final : private std::unique_ptr<Fn>, public group_task<T> {
public:
    group_call(child_owner& owner, std::unique_ptr<Fn> fn, task<T>&& work, std::string&& name)
        : std::unique_ptr<Fn>(std::move(fn)),
          group_task<T>(owner, std::move(work), std::move(name)) {}
};

/// Waits until a task of a group has announced itself.
class SIMUL_API start_operation : public group_operation {
public:
    void cancel_children() noexcept final;
    void describe(std::string& out) const final;

    void announced() noexcept;
    void ended(const child_line& child) noexcept;
    /// The member goes with the whole group.
    void let_go() noexcept;

protected:
    start_operation() noexcept = default;
    ~start_operation();

    /// False when the caller is cancelled: nothing is started then.
    bool start(waiter& line, std::coroutine_handle<> at, task_group_operation& group,
               std::unique_ptr<group_member> member, task_started& signal);
    void check() const;

private:
    group_member* member_ = nullptr;
    task_started* signal_ = nullptr;
    std::exception_ptr error_;
    bool was_cancelled_ = false;
    bool has_ended_ = false;
};

/// Runs a body and the tasks that it and they add, and ends when all of them have ended.
class SIMUL_API task_group_operation : public child_owner {
public:
    void child_ended(child_line& child) noexcept final;
    void cancel_children() noexcept final;
    void visit_children(visitor& to) const final;
    void describe(std::string& out) const final;

    /// \throws std::logic_error    when the group has ended.
    void add(std::unique_ptr<group_member> member);
    void check_open() const;
    /// Ends the group as if its work were done.
    void cancel_quietly() noexcept;
    [[nodiscard]] std::size_t size() const noexcept { return members_; }

protected:
    task_group_operation() noexcept = default;
    ~task_group_operation();

    bool start(waiter& line, std::coroutine_handle<> at, child_line& body) noexcept;
    /// Throws the first failure, or `cancelled`.
    void check() const;

private:
    void remove(group_member& member) noexcept;
    void fail(child_line& child, std::exception_ptr error) noexcept;

    child_line* body_ = nullptr;
    group_member* first_ = nullptr;
    group_member* last_ = nullptr;
    std::size_t members_ = 0;
    std::exception_ptr failure_;
    bool body_runs_ = false;
    bool body_was_cancelled_ = false;
    bool caller_cancelled_ = false;
    bool quiet_ = false;      // cancelled by itself
    bool cancelling_ = false; // who joins now is cancelled, too
};

} // namespace detail

/// With this a task that was begun with `task_group::start` announces that it is ready.
class task_started {
public:
    task_started() noexcept = default;
    task_started(const task_started&) = delete;
    task_started& operator=(const task_started&) = delete;

    /// Lets the one who called `start` go on; nothing, after the first time.
    void set() noexcept {
        if (waiting_ != nullptr) waiting_->announced();
    }

private:
    friend detail::start_operation;

    detail::start_operation* waiting_ = nullptr;
};

namespace detail {

template <class Fn>
struct starting_call {
    explicit starting_call(Fn&& f) : fn(std::move(f)) {}

    Fn fn;
    task_started signal;
};

template <class Fn>
class start_awaiter final : public start_operation {
    using callable = starting_call<Fn>;
    using value = typename std::invoke_result_t<Fn&, task_started&>::value_type;

public:
    start_awaiter(task_group_operation& group, Fn&& fn, std::string&& name)
        : group_(group), call_(std::make_unique<callable>(std::move(fn))), name_(std::move(name)) {}

    [[nodiscard]] static bool await_ready() noexcept { return false; }

    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> awaiting) {
        callable& call = *call_;
        task<value> work = call.fn(call.signal);
        auto member = std::make_unique<group_call<value, callable>>(
            group_, std::move(call_), std::move(work), std::move(name_));
        return start(line_of(awaiting), awaiting, group_, std::move(member), call.signal);
    }

    void await_resume() const { check(); }

private:
    task_group_operation& group_;
    std::unique_ptr<callable> call_;
    std::string name_;
};

/// A function on its way into an awaiter.
template <class Fn>
class [[nodiscard("start() does nothing until it is awaited")]] start_call {
public:
    start_call(task_group_operation& group, Fn&& fn, std::string&& name)
        : group_(group), fn_(std::move(fn)), name_(std::move(name)) {}

    start_awaiter<Fn> operator co_await() && {
        return start_awaiter<Fn>(group_, std::move(fn_), std::move(name_));
    }

private:
    task_group_operation& group_;
    Fn fn_;
    std::string name_;
};

template <class Fn>
concept start_function =
    std::invocable<Fn&, task_started&> && is_task<std::invoke_result_t<Fn&, task_started&>>;

} // namespace detail

/// Tasks that belong together: made by `with_task_group`, which returns when all of them have
/// ended.
class task_group {
public:
    explicit task_group(detail::task_group_operation& operation) noexcept : operation_(operation) {}
    task_group(const task_group&) = delete;
    task_group& operator=(const task_group&) = delete;

    /// Adds a task, another awaitable, or a function that returns a task, which is kept alive until
    /// the task has ended. It begins in the next turn; its value is dropped, its failure cancels
    /// the group. Tasks of the group may add more, also while the group is about to end. `name` is
    /// for people to read, in dumps and in the log.
    ///
    /// \throws std::logic_error    when the group has ended, or its body has not begun: a body that
    ///                             is no coroutine itself. The task is destroyed then.
    template <class Work>
        requires(detail::task_function<Work> || detail::awaitable<Work>)
    void spawn(Work&& work, std::string name = {}) {
        operation_.check_open();
        if constexpr (detail::task_function<Work>) {
            using callable = std::decay_t<Work>;
            using value = typename std::invoke_result_t<callable&>::value_type;
            auto kept = std::make_unique<callable>(std::forward<Work>(work));
            task<value> begun = (*kept)();
            operation_.add(std::make_unique<detail::group_call<value, callable>>(
                operation_, std::move(kept), std::move(begun), std::move(name)));
        } else {
            auto begun = detail::as_task(std::forward<Work>(work));
            using value = typename decltype(begun)::value_type;
            operation_.add(std::make_unique<detail::group_task<value>>(operation_, std::move(begun),
                                                                       std::move(name)));
        }
    }

    /// Adds the task that `fn` returns, and waits until it has announced itself with `set()`: a
    /// server does when it listens. It runs on as a task of the group. `fn` is kept alive as long;
    /// `name` is as in `spawn`.
    ///
    /// What it throws before is thrown here and is no failure of the group. A cancel of the caller
    /// cancels it, and is thrown when it has ended.
    ///
    /// \throws std::logic_error    when it returns without `set()`, or the group has ended.
    ///
    ///     co_await group.start([&](simul::task_started& ready) { return serve(ready); });
    template <class Fn>
        requires detail::start_function<std::decay_t<Fn>>
    detail::start_call<std::decay_t<Fn>> start(Fn&& fn, std::string name = {}) {
        return detail::start_call<std::decay_t<Fn>>(
            operation_, std::decay_t<Fn>(std::forward<Fn>(fn)), std::move(name));
    }

    /// Cancels the body and all tasks. That is no failure: `with_task_group` returns as usual.
    void cancel() noexcept { operation_.cancel_quietly(); }

    /// How many tasks have not ended, the body not counted.
    [[nodiscard]] std::size_t size() const noexcept { return operation_.size(); }

private:
    detail::task_group_operation& operation_;
};

namespace detail {

template <class Fn>
class task_group_awaiter final : public task_group_operation {
    using body_task = std::invoke_result_t<Fn&, task_group&>;

public:
    explicit task_group_awaiter(Fn&& fn)
        : fn_(std::move(fn)), group_(*this), work_(fn_(group_)),
          body_(child_seed<typename body_task::value_type>{*this, work_}) {}

    [[nodiscard]] static bool await_ready() noexcept { return false; }

    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> awaiting) noexcept {
        return start(line_of(awaiting), awaiting, body_);
    }

    void await_resume() { check(); }

private:
    Fn fn_;
    task_group group_;
    body_task work_;
    child<typename body_task::value_type> body_;
};

template <class Fn>
class [[nodiscard("with_task_group() does nothing until it is awaited")]] task_group_body {
public:
    explicit task_group_body(Fn&& fn) : fn_(std::move(fn)) {}

    task_group_awaiter<Fn> operator co_await() && { return task_group_awaiter<Fn>(std::move(fn_)); }

private:
    Fn fn_;
};

template <class Fn>
concept group_function =
    std::invocable<Fn&, task_group&> && is_task<std::invoke_result_t<Fn&, task_group&>>;

} // namespace detail

/// Runs `body` with a group to which it adds tasks, and returns when the body and all of them have
/// ended: nothing is left running behind. The first failure, the body's or a task's, cancels all
/// others, is thrown when they have ended, and later failures are logged. A task that ends
/// cancelled is no failure. A cancel of the caller cancels all and is thrown at the end.
///
/// The group is valid until then. `body` is kept as long, so that it may have captures.
///
///     co_await simul::with_task_group([&](simul::task_group& group) -> simul::task<> {
///         for (const auto& path : paths) group.spawn(index(path));
///         co_return;
///     });
template <class Fn>
    requires detail::group_function<std::decay_t<Fn>>
detail::task_group_body<std::decay_t<Fn>> with_task_group(Fn&& body) {
    return detail::task_group_body<std::decay_t<Fn>>(std::decay_t<Fn>(std::forward<Fn>(body)));
}

} // namespace simul
