#pragma once

#include <simul/coro/detail/children.hpp>
#include <simul/coro/detail/fixed_array.hpp>
#include <simul/coro/spawn.hpp>
#include <simul/coro/task.hpp>

#include <coroutine>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace simul::detail {

class next_completion;

/// Tasks that run side by side and are handed out as they end. A task of its own, which the loop
/// owns, waits for all of them: through it they are seen in a dump, and cancelled at the latest
/// when the loop ends.
class SIMUL_API completion_set : public child_owner {
public:
    void child_ended(child_line& child) noexcept final;
    void describe(std::string& out) const final;

    [[nodiscard]] bool has_next() const noexcept { return taken_ < ended_.size(); }
    /// The next one that has ended, or null when all have been taken.
    [[nodiscard]] child_line* take_next() noexcept {
        return has_next() ? ended_[taken_++] : nullptr;
    }
    [[nodiscard]] std::size_t running() const noexcept { return running_; }

    /// Parks the line until all have ended; one that is cancelled already cancels them.
    void wait_for_all(waiter& line, std::coroutine_handle<> at) noexcept;
    /// The line that waits for all is destroyed, and what has not ended goes with it.
    void abandon() noexcept;

protected:
    explicit completion_set(std::size_t count) : running_(count) { ended_.reserve(count); }
    ~completion_set() = default;

private:
    friend next_completion;
    virtual void destroy_children() noexcept = 0;

    std::vector<child_line*> ended_; // in the order of their ends
    std::size_t taken_ = 0;
    std::size_t running_;
    next_completion* consumer_ = nullptr;
};

template <class T>
class completions final : public completion_set {
public:
    explicit completions(std::vector<task<T>>&& tasks)
        : completion_set(tasks.size()), children_(tasks.size()) {
        for (task<T>& each : tasks) children_.emplace_back(child_seed<T>{*this, each});
        std::vector<task<T>>().swap(tasks);
    }

    void start(loop_core& loop) noexcept {
        for (child<T>& each : children_) each.start(loop);
    }
    [[nodiscard]] std::size_t index_of(const child_line& child) const noexcept {
        return static_cast<std::size_t>(&static_cast<const detail::child<T>&>(child) -
                                        children_.begin());
    }

    void cancel_children() noexcept override {
        for (child<T>& each : children_) each.cancel();
    }
    void visit_children(visitor& to) const override {
        for (const child<T>& each : children_) {
            if (!each.has_ended()) to.visit(each);
        }
    }

private:
    void destroy_children() noexcept override { children_.clear(); }

    fixed_array<child<T>> children_;
};

/// What a consumer waits on: the next task that ends. A cancel ends all of them, and comes out of
/// here when they have ended.
class SIMUL_API next_completion final : public operation {
public:
    next_completion(completion_set& from, const join_handle<>& all) noexcept
        : from_(from), all_(all) {}
    ~next_completion() {
        if (from_.consumer_ == this) from_.consumer_ = nullptr;
    }

    [[nodiscard]] bool await_ready() const noexcept {
        return from_.has_next() || from_.running() == 0;
    }
    template <class Promise>
    void await_suspend(std::coroutine_handle<Promise> awaiting) noexcept {
        waiter& line = line_of(awaiting);
        park(line, awaiting);
        from_.consumer_ = this;
        if (line.cancel_requested) cancel();
    }
    [[nodiscard]] child_line* await_resume() const {
        if (was_cancelled_) throw cancelled{};
        return from_.take_next();
    }

    void cancel() noexcept override;
    void describe(std::string& out) const override;

private:
    friend completion_set;

    completion_set& from_;
    const join_handle<>& all_;
    bool was_cancelled_ = false;
};

/// Spawns the task that waits for all of them; cancels it when it is left before they have ended.
class SIMUL_API supervision {
public:
    explicit supervision(std::shared_ptr<completion_set> over);
    supervision(const supervision&) = delete;
    supervision& operator=(const supervision&) = delete;
    ~supervision();

    [[nodiscard]] const join_handle<>& all() const noexcept { return all_; }

private:
    std::shared_ptr<completion_set> over_;
    join_handle<> all_;
};

} // namespace simul::detail
