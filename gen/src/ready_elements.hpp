#pragma once

#include <simul/gen/async_generator.hpp>
#include <simul/gen/batch.hpp>

#include <cstddef>
#include <span>

namespace simul::detail {

// For a generator that hands on what another one yields in batches: the elements of a batch from
// `first`, which was just taken from it, to its end. They lie one behind the other.
template <class T>
std::span<T> with_the_ready(T& first, async_generator<T>& from) {
    std::size_t count = 1;
    for (auto next = from.next(); next.await_ready(); ++count) (void)next.await_resume();
    return {&first, count};
}

} // namespace simul::detail
