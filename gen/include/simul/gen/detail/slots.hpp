#pragma once

#include <simul/coro/detail/promise.hpp>
#include <simul/loop/detail/operation.hpp>
#include <simul/loop/error.hpp>

#include <coroutine>
#include <cstddef>
#include <string>
#include <utility>

namespace simul::detail {

/// So many places for tasks; one coroutine waits for a free one, again and again.
class SIMUL_API slots final : public operation {
public:
    explicit slots(std::size_t count) noexcept : free_(count), count_(count) {}
    ~slots() = default;

    [[nodiscard]] bool await_ready() const noexcept { return free_ != 0; }
    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> awaiting) noexcept {
        was_cancelled_ = !begin(line_of(awaiting), awaiting);
        return !was_cancelled_;
    }
    void await_resume() {
        if (was_cancelled_) throw cancelled{};
        --free_;
    }

    void release() noexcept {
        ++free_;
        if (parked() != nullptr) complete();
    }
    void cancel() noexcept override {
        was_cancelled_ = true;
        complete();
    }
    void describe(std::string& out) const override;

private:
    std::size_t free_;
    std::size_t count_;
    bool was_cancelled_ = false;
};

/// A taken place, given back by the destructor.
class taken_slot {
public:
    explicit taken_slot(slots& from) noexcept : from_(&from) {}
    taken_slot(taken_slot&& other) noexcept : from_(std::exchange(other.from_, nullptr)) {}
    taken_slot& operator=(taken_slot&&) = delete;
    ~taken_slot() {
        if (from_ != nullptr) from_->release();
    }

private:
    slots* from_;
};

} // namespace simul::detail
