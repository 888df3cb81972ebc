#pragma once

#include <simul/coro/detail/promise.hpp>
#include <simul/loop/detail/loop_core.hpp>
#include <simul/loop/detail/operation.hpp>
#include <simul/loop/error.hpp>

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

namespace simul::detail {

class wait_list;

/// Waits for its turn at a primitive, first come, first served. Whoever wakes it hands over what it
/// waits for in the same breath, so nobody can overtake it, and a cancel that comes between the
/// wake-up and its next step finds it served: nothing is lost.
class SIMUL_API waiting_operation : public operation {
public:
    waiting_operation& operator=(const waiting_operation&) = delete;

    /// Leaves the list.
    void cancel() noexcept override;
    void describe(std::string& out) const override;

    /// It has what it waited for, and goes on in the next turn.
    void wake() noexcept { end(ending::served); }
    /// It will never get it.
    void refuse() noexcept { end(ending::refused); }

protected:
    enum class ending : std::uint8_t { none, served, refused, cancelled };

    waiting_operation() noexcept = default;
    /// Copies one that has not begun, for gather() and its like.
    waiting_operation(const waiting_operation&) noexcept : operation() {}
    ~waiting_operation() {
        if (parked() != nullptr) [[unlikely]]
            leave();
    }

    /// False when the caller is cancelled.
    /// \throws std::logic_error    when those who wait already belong to another loop.
    bool wait_in(wait_list& list, waiter& by, std::coroutine_handle<> at);
    /// Goes from one list, or none, to the end of another while it stays suspended.
    void move_to(wait_list& list) noexcept;
    void leave() noexcept;
    void end(ending how) noexcept {
        ending_ = how;
        complete();
    }

    /// How the wait ended; `none` when there was no need to wait. Forgets it, so that the same
    /// awaiter can be awaited again.
    [[nodiscard]] ending take_ending() noexcept { return std::exchange(ending_, ending::none); }
    /// What was waited for will never come, as was seen without waiting.
    void refuse_at_once() noexcept { ending_ = ending::refused; }
    /// It was served and has not gone on yet.
    [[nodiscard]] bool is_served() const noexcept { return ending_ == ending::served; }
    [[nodiscard]] bool has_waited() const noexcept { return ending_ != ending::none; }
    /// False also when the primitive has been destroyed under it.
    [[nodiscard]] bool stands_in_list() const noexcept { return list_ != nullptr; }

private:
    friend class wait_list;

    wait_list* list_ = nullptr;
    waiting_operation* previous_; // these two have a value while it stands in a list
    waiting_operation* next_;
    ending ending_ = ending::none;
};

/// Who waits at a primitive, in the order of arrival. When it is destroyed, those who still stand
/// in it wait on for their cancel.
class SIMUL_API wait_list {
public:
    /// `what` they wait for, for dumps; a static text.
    explicit wait_list(const char* what) noexcept : what_(what) {}
    wait_list(const wait_list&) = delete;
    wait_list& operator=(const wait_list&) = delete;
    ~wait_list() {
        while (first_ != nullptr) [[unlikely]]
            remove(*first_);
    }

    [[nodiscard]] bool empty() const noexcept { return first_ == nullptr; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] const char* what() const noexcept { return what_; }
    [[nodiscard]] waiting_operation& front() const noexcept { return *first_; }

    /// Takes out the first one, which is then to be woken.
    waiting_operation& pop() noexcept {
        waiting_operation& popped = *first_;
        if (popped.parked()->loop->debug()) [[unlikely]]
            check_thread();
        first_ = popped.next_;
        (first_ != nullptr ? first_->previous_ : last_) = nullptr;
        popped.list_ = nullptr;
        --size_;
        return popped;
    }
    void wake_all() noexcept {
        while (!empty()) pop().wake();
    }

private:
    friend class waiting_operation;

    void push(waiting_operation& added) noexcept {
        added.list_ = this;
        added.previous_ = last_;
        added.next_ = nullptr;
        (last_ != nullptr ? last_->next_ : first_) = &added;
        last_ = &added;
        ++size_;
    }
    void remove(waiting_operation& gone) noexcept;
    void check_thread() const noexcept;
    [[noreturn]] void throw_other_loop() const;

    waiting_operation* first_ = nullptr;
    waiting_operation* last_ = nullptr;
    std::size_t size_ = 0;
    const char* what_;
};

inline bool waiting_operation::wait_in(wait_list& list, waiter& by, std::coroutine_handle<> at) {
    if (!list.empty() && list.front().parked()->loop != by.loop) [[unlikely]]
        list.throw_other_loop();
    if (!begin(by, at)) [[unlikely]] {
        ending_ = ending::cancelled;
        return false;
    }
    list.push(*this);
    return true;
}

/// Ends the process: something that tasks hold was destroyed under them.
[[noreturn]] SIMUL_API void destroyed_in_use(const char* message) noexcept;

} // namespace simul::detail
