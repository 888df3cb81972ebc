#pragma once

#include <simul/gen/async_generator.hpp>
#include <simul/gen/detail/toolkit/background.hpp>
#include <simul/gen/detail/toolkit/closure.hpp>
#include <simul/gen/detail/toolkit/hand_over.hpp>
#include <simul/gen/toolkit/chunk.hpp>
#include <simul/loop/clock.hpp>

#include <chrono>
#include <cstddef>
#include <exception>
#include <memory>
#include <utility>
#include <vector>

namespace simul {
namespace detail {

template <class Reader>
async_generator<std::vector<typename Reader::item::value_type>>
read_chunks(Reader from, std::size_t size, clock::duration limit) {
    using element = typename Reader::item::type;
    const auto table = std::make_shared<hand_over<element>>(1);
    const background reading(hand_over_each<element>(table, std::move(from)), "chunk_timeout");
    std::vector<typename Reader::item::value_type> chunk;
    refill<typename Reader::item> filling;
    clock::time_point due;
    for (;;) {
        bool is_complete = false;
        if (auto* const offer = table->next()) {
            if (filling.size() == 0) due = later(clock::now(), limit);
            filling.push(chunk, *offer->element);
            table->taken(*offer);
            is_complete = filling.size() == size;
        } else if (table->ended()) {
            if (filling.size() == 0) break;
            is_complete = true;
        } else if (filling.size() == 0) {
            co_await table->arrived.wait();
        } else {
            is_complete = !co_await table->arrived.wait_until(due);
        }
        if (is_complete) {
            filling.end(chunk);
            co_yield chunk;
            filling.begin();
        }
    }
    if (table->error) std::rethrow_exception(table->error);
}

struct make_chunk_timeout {
    template <class Source, class Count, class Rep, class Period>
    static auto make(Source&& source, Count size, std::chrono::duration<Rep, Period> limit) {
        using item = given<std::vector<typename chain_of<Source>::item::value_type>>;
        return as_stage<item>(read_chunks(as_reader(as_chain(std::forward<Source>(source))),
                                          checked_size(size, "chunk_timeout"),
                                          to_nanoseconds(limit)));
    }
};

} // namespace detail

/// As `chunk`, but a chunk is handed out at the latest `limit` after its first element, with what
/// has come by then. The source is read on a line of its own and is not disturbed by that.
///
///     auto batches = events() | simul::chunk_timeout(100, 50ms);
///
/// \throws std::invalid_argument    here, for 0 elements.
inline constexpr detail::adaptor_of<detail::make_chunk_timeout, 2> chunk_timeout{};

} // namespace simul
