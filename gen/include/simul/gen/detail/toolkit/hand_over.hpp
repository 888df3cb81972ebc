#pragma once

#include <simul/coro/task.hpp>
#include <simul/gen/detail/toolkit/signal.hpp>

#include <cstddef>
#include <exception>
#include <memory>
#include <utility>

namespace simul::detail {

/// Where the lines that read sequences show what they have got, one element each, to the one who
/// waits for it. Nothing is copied, and they go on when the element has been dealt with.
template <class Element>
class hand_over {
public:
    struct offer {
        Element* element = nullptr;
        offer* next = nullptr;
        signal taken{"its element to be taken"};
    };

    explicit hand_over(std::size_t readers) noexcept : running_(readers) {}

    /// What has been shown first of what is shown now; null when there is nothing.
    [[nodiscard]] offer* next() const noexcept { return first_; }
    void taken(offer& from) noexcept {
        first_ = from.next;
        from.next = nullptr;
        from.taken.raise();
    }
    /// Also when one of the readers has failed.
    [[nodiscard]] bool ended() const noexcept { return running_ == 0 || error != nullptr; }

    void show(offer& shown) noexcept {
        if (error) return; // what has been shown before the failure is all; the reader is cancelled
        (first_ == nullptr ? first_ : last_->next) = &shown;
        last_ = &shown;
        arrived.raise();
    }
    /// The reader goes, with what it shows.
    void withdraw(offer& shown) noexcept {
        for (offer** place = &first_; *place != nullptr; place = &(*place)->next) {
            if (*place != &shown) continue;
            *place = shown.next;
            break;
        }
        if (last_ != &shown) return;
        last_ = first_;
        while (last_ != nullptr && last_->next != nullptr) last_ = last_->next;
    }
    void reader_ended(std::exception_ptr failure) noexcept {
        --running_;
        if (failure && !error) error = std::move(failure);
        arrived.raise();
    }

    signal arrived{"an element of several sequences"};
    std::exception_ptr error;

private:
    offer* first_ = nullptr;
    offer* last_ = nullptr;
    std::size_t running_;
};

/// Shows all elements of a sequence, one after the other.
template <class Element, class Reader>
task<> hand_over_each(std::shared_ptr<hand_over<Element>> to, Reader from) {
    struct shown {
        explicit shown(hand_over<Element>& at) noexcept : table(at) {}
        ~shown() { table.withdraw(offer); }
        hand_over<Element>& table;
        typename hand_over<Element>::offer offer;
    };
    std::exception_ptr failure;
    try {
        Reader reader(std::move(from)); // its clean-up ends here
        shown mine(*to);
        while (auto element = co_await reader.next()) {
            mine.offer.element = std::addressof(static_cast<Element&>(*element));
            to->show(mine.offer);
            co_await mine.offer.taken.wait();
        }
    } catch (...) {
        failure = std::current_exception();
    }
    to->reader_ended(std::move(failure));
}

} // namespace simul::detail
