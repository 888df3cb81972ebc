#include <simul/gen/csv/rows.hpp>

#include <simul/coro/sleep.hpp>
#include <simul/gen/batch.hpp>

#include "turn_budget.hpp"

#include <span>

namespace simul::detail {

async_generator<csv::row> read_rows(std::unique_ptr<chunk_source> from, csv_engine with,
                                    std::shared_ptr<csv_header> header) {
    co_await only_destructors();
    // A coroutine's parameters live as long as the generator; a file is to be closed at its end.
    const std::unique_ptr<chunk_source> source = std::move(from);
    csv_engine engine(std::move(with));
    turn_budget budget(csv_engine::most_per_batch);
    for (;;) {
        const std::span<csv::row> rows = engine.batch(budget.batch());
        if (!rows.empty()) {
            co_yield batch(rows);
            if (budget.is_spent()) {
                co_await yield();
                budget.renew();
            }
        } else if (engine.done()) {
            if (header) *header = engine.header();
            break;
        } else {
            engine.take(co_await source->next(engine.rest()));
            budget.renew();
        }
    }
}

} // namespace simul::detail
