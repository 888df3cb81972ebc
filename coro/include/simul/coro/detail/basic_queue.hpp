#pragma once

#include <simul/coro/detail/wait_list.hpp>
#include <simul/coro/queue_closed.hpp>
#include <simul/loop/error.hpp>

#include <concepts>
#include <coroutine>
#include <cstddef>
#include <limits>
#include <optional>
#include <type_traits>
#include <utility>

namespace simul::detail {

/// \throws std::invalid_argument    when it is 0.
SIMUL_API std::size_t checked_capacity(std::size_t capacity);
[[noreturn]] SIMUL_API void throw_task_done_too_often();

template <class T, class Storage>
class basic_queue;

/// Waits for room, with the item in its hands.
template <class T, class Storage>
class queue_put_awaiter final : public waiting_operation {
    using queue_type = basic_queue<T, Storage>;

public:
    using awaited_once = void; // the item goes with the first await

    template <class From>
    queue_put_awaiter(queue_type& to, From&& item) : queue_(&to), item_(std::forward<From>(item)) {}

    [[nodiscard]] bool await_ready() {
        if (queue_->closed_) [[unlikely]] {
            refuse_at_once();
            return true;
        }
        if (!queue_->has_room()) return false;
        queue_->add(std::move(item_));
        return true;
    }
    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> awaiting) {
        return wait_in(queue_->putters_, line_of(awaiting), awaiting);
    }
    void await_resume() {
        if (has_waited()) check();
    }

private:
    friend queue_type;

    [[gnu::noinline]] void check() {
        const ending how = take_ending();
        if (how == ending::cancelled) throw cancelled{};
        if (how == ending::refused) throw queue_closed();
    }

    queue_type* queue_;
    T item_;
};

/// Waits for an item, which is then put into its hands.
template <class T, class Storage>
class queue_get_operation : public waiting_operation {
    using queue_type = basic_queue<T, Storage>;

public:
    [[nodiscard]] bool await_ready() const noexcept {
        return !queue_->storage_.empty() || queue_->closed_;
    }
    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> awaiting) {
        return wait_in(queue_->getters_, line_of(awaiting), awaiting);
    }

protected:
    explicit queue_get_operation(queue_type& from) noexcept : queue_(&from) {}
    queue_get_operation(const queue_get_operation& other) noexcept
        : waiting_operation(other), queue_(other.queue_) {}
    ~queue_get_operation() = default;

    [[nodiscard]] queue_type& from() const noexcept { return *queue_; }
    /// The item that was put into its hands, if any.
    [[gnu::noinline]] std::optional<T> take_received() {
        if (take_ending() == ending::cancelled) throw cancelled{};
        std::optional<T> item = std::move(received_);
        received_.reset();
        return item;
    }

private:
    friend queue_type;

    queue_type* queue_;
    std::optional<T> received_;
};

template <class T, class Storage>
class queue_get_awaiter final : public queue_get_operation<T, Storage> {
public:
    explicit queue_get_awaiter(basic_queue<T, Storage>& from) noexcept
        : queue_get_operation<T, Storage>(from) {}

    T await_resume() {
        if (!this->has_waited()) [[likely]] {
            if (!this->from().empty()) [[likely]]
                return this->from().take();
        } else if (std::optional<T> item = this->take_received()) {
            return std::move(*item);
        }
        throw queue_closed();
    }
};

template <class T, class Storage>
class queue_next_awaiter final : public queue_get_operation<T, Storage> {
public:
    explicit queue_next_awaiter(basic_queue<T, Storage>& from) noexcept
        : queue_get_operation<T, Storage>(from) {}

    std::optional<T> await_resume() {
        if (!this->has_waited()) [[likely]]
            return this->from().try_get();
        return this->take_received();
    }
};

class queue_join_awaiter final : public waiting_operation {
public:
    queue_join_awaiter(wait_list& joiners, const std::size_t& unfinished) noexcept
        : joiners_(&joiners), unfinished_(&unfinished) {}

    [[nodiscard]] bool await_ready() const noexcept { return *unfinished_ == 0; }
    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> awaiting) {
        return wait_in(*joiners_, line_of(awaiting), awaiting);
    }
    void await_resume() {
        if (take_ending() == ending::cancelled) [[unlikely]]
            throw cancelled{};
    }

private:
    wait_list* joiners_;
    const std::size_t* unfinished_;
};

/// What the queues have in common. While somebody waits to get, it is empty; while somebody waits
/// to put, it is full: so nobody who comes later finds what one who waits has been promised.
template <class T, class Storage>
class basic_queue {
    static_assert(std::is_object_v<T> && std::same_as<T, std::remove_cv_t<T>>,
                  "a queue holds values: of references hold pointers");
    static_assert(std::is_nothrow_move_constructible_v<T>,
                  "an item whose move may throw could get lost half way: "
                  "make its move constructor noexcept, or queue a std::unique_ptr to it");

public:
    using value_type = T;

    basic_queue(const basic_queue&) = delete;
    basic_queue& operator=(const basic_queue&) = delete;

    /// Puts an item in; waits while the queue is full, first come, first served. A cancel ends the
    /// wait, and the item is not put in; an item that is in already stays in.
    ///
    /// \throws queue_closed        at the `co_await`, when the queue is closed, before or while it
    ///                             waits; the item is not put in.
    /// \throws cancelled           at the `co_await`, when the task is cancelled while it waits.
    /// \throws std::logic_error    when tasks of another loop wait for room.
    [[nodiscard("put() does nothing until it is awaited")]] queue_put_awaiter<T, Storage>
    put(T&& item) {
        return queue_put_awaiter<T, Storage>(*this, std::move(item));
    }
    [[nodiscard("put() does nothing until it is awaited")]] queue_put_awaiter<T, Storage>
    put(const T& item)
        requires std::copy_constructible<T>
    {
        return queue_put_awaiter<T, Storage>(*this, item);
    }

    /// Takes the next item; waits while there is none, first come, first served. A cancel ends the
    /// wait, unless an item has been handed over already: then that is delivered.
    ///
    /// \throws queue_closed        at the `co_await`, when the queue is closed and empty.
    /// \throws cancelled           at the `co_await`, when the task is cancelled while it waits.
    /// \throws std::logic_error    when tasks of another loop wait for an item.
    [[nodiscard("get() does nothing until it is awaited")]] queue_get_awaiter<T, Storage>
    get() noexcept {
        return queue_get_awaiter<T, Storage>(*this);
    }

    /// As `get`, but an empty optional stands for the end of a queue that has been closed.
    ///
    ///     while (auto next = co_await q.next()) use(*next);
    [[nodiscard("next() does nothing until it is awaited")]] queue_next_awaiter<T, Storage>
    next() noexcept {
        return queue_next_awaiter<T, Storage>(*this);
    }

    /// False when the queue is full or closed; the item is then left as it was.
    bool try_put(T&& item) {
        if (closed_ || !has_room()) return false;
        add(std::move(item));
        return true;
    }
    bool try_put(const T& item)
        requires std::copy_constructible<T>
    {
        if (closed_ || !has_room()) return false;
        add(T(item));
        return true;
    }

    /// Empty when there is no item.
    [[nodiscard]] std::optional<T> try_get() noexcept {
        if (storage_.empty()) return std::nullopt;
        return take();
    }

    /// Ends the queue: what is in it can still be taken, then `get` throws and `next` is empty;
    /// every `put` throws, also those that wait. Idempotent.
    void close() noexcept {
        closed_ = true;
        while (!putters_.empty()) putters_.pop().refuse();
        while (!getters_.empty()) getters_.pop().refuse();
    }
    [[nodiscard]] bool closed() const noexcept { return closed_; }

    /// Says that an item that was taken has been dealt with, for `join`.
    ///
    /// \throws std::logic_error    when this is said more often than items were put in.
    void task_done() {
        if (unfinished_ == 0) throw_task_done_too_often();
        if (--unfinished_ == 0) joiners_.wake_all();
    }

    /// Waits until every item that was put in has been dealt with: `task_done` was called for each.
    /// Does not suspend when that is so. A cancel ends the wait.
    ///
    /// \throws cancelled    at the `co_await`, when the task is cancelled while it waits.
    [[nodiscard("join() does nothing until it is awaited")]] queue_join_awaiter join() noexcept {
        return {joiners_, unfinished_};
    }

    /// How many items can be taken without waiting.
    [[nodiscard]] std::size_t size() const noexcept { return storage_.size(); }
    [[nodiscard]] bool empty() const noexcept { return storage_.empty(); }
    /// Whether a `put` would wait.
    [[nodiscard]] bool full() const noexcept { return !has_room(); }
    /// How many items it holds at most.
    [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }

protected:
    static constexpr std::size_t unbounded = std::numeric_limits<std::size_t>::max();

    explicit basic_queue(std::size_t capacity) : capacity_(capacity) {}
    basic_queue(std::size_t capacity, Storage&& storage)
        : storage_(std::move(storage)), capacity_(capacity) {}
    ~basic_queue() = default;

private:
    friend queue_put_awaiter<T, Storage>;
    friend queue_get_operation<T, Storage>;
    friend queue_get_awaiter<T, Storage>;

    [[nodiscard]] bool has_room() const noexcept { return storage_.size() < capacity_; }

    void add(T&& item) {
        if (getters_.empty()) [[likely]] {
            storage_.push(std::move(item));
        } else {
            hand_over(std::move(item));
        }
        ++unfinished_;
    }

    [[gnu::noinline]] void hand_over(T&& item) noexcept {
        auto& served = static_cast<queue_get_operation<T, Storage>&>(getters_.pop());
        served.received_.emplace(std::move(item));
        served.wake();
    }

    T take() noexcept {
        T item = storage_.pop();
        if (!putters_.empty()) [[unlikely]]
            admit();
        return item;
    }

    [[gnu::noinline]] void admit() noexcept {
        auto& served = static_cast<queue_put_awaiter<T, Storage>&>(putters_.pop());
        storage_.push(std::move(served.item_)); // into room that has just become free
        ++unfinished_;
        served.wake();
    }

    Storage storage_;
    std::size_t capacity_;
    std::size_t unfinished_ = 0;
    bool closed_ = false;
    wait_list getters_{"an item of a queue"};
    wait_list putters_{"room in a queue"};
    wait_list joiners_{"the work of a queue to be done"};
};

} // namespace simul::detail
