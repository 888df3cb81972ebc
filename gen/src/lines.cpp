#include <simul/gen/lines.hpp>

#include <simul/coro/sleep.hpp>
#include <simul/gen/batch.hpp>

#include "turn_budget.hpp"

#include <span>

namespace simul::detail {

async_generator<std::string_view> split_lines(std::unique_ptr<chunk_source> from,
                                              line_splitter with) {
    co_await only_destructors();
    // A coroutine's parameters live as long as the generator; a file is to be closed at its end.
    const std::unique_ptr<chunk_source> source = std::move(from);
    line_splitter splitter(std::move(with));
    turn_budget budget(line_splitter::most_per_batch);
    while (!splitter.done()) {
        const std::span<std::string_view> found = splitter.batch(budget.batch());
        if (!found.empty()) {
            co_yield batch(found);
            if (budget.is_spent()) {
                co_await yield();
                budget.renew();
            }
        } else if (!splitter.done()) {
            splitter.take(co_await source->next(splitter.rest()));
            budget.renew();
        }
    }
}

} // namespace simul::detail
