#pragma once

#include <simul/loop/detail/loop_core.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace simul::detail {

// Keeps a generator whose elements are all there from holding up other tasks. Its consumer works
// between two elements without ever suspending, so batches are as short as the consumer is slow,
// and between two of them the turn is given up when it has lasted long enough.
//
// On the virtual clock a turn takes no time, and nothing here depends on how fast a machine is.
class turn_budget {
public:
    explicit turn_budget(std::size_t most) noexcept : most_(most), batch_(std::min(first, most)) {}

    // Before a batch: whether to give up the turn first.
    bool is_spent() noexcept {
        const std::int64_t now = loop_core::current()->now();
        const std::int64_t took = now - batch_began_;
        if (took > longest_batch) {
            batch_ = std::max<std::size_t>(batch_ / 2, 1);
        } else if (took < longest_batch / 4) {
            batch_ = std::min(batch_ * 2, most_);
        }
        batch_began_ = now;
        return now - turn_began_ > longest_turn;
    }
    // The turn was given up, or ended anyhow.
    void renew() noexcept { turn_began_ = batch_began_ = loop_core::current()->now(); }

    [[nodiscard]] std::size_t batch() const noexcept { return batch_; }

private:
    static constexpr std::int64_t longest_turn = 400'000; // ns
    static constexpr std::int64_t longest_batch = 200'000;
    static constexpr std::size_t first = 16;

    std::size_t most_;
    std::size_t batch_;
    std::int64_t turn_began_ = 0;
    std::int64_t batch_began_ = 0;
};

} // namespace simul::detail
