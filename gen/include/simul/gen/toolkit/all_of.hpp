#pragma once

#include <simul/gen/toolkit/any_of.hpp>

namespace simul {

/// Whether the predicate holds for every element; no more are asked for once it has not. One that
/// returns a task is awaited.
///
///     bool sorted = simul::all_of(numbers | simul::pairwise(), std::less_equal<>());
inline constexpr detail::adaptor_of<detail::make_decide<false>, 1> all_of{};

} // namespace simul
