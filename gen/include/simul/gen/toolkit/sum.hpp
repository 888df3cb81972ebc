#pragma once

#include <simul/gen/toolkit/fold.hpp>

namespace simul {

/// The sum of the elements, in their own type or in that of a first value; of `bool`s, how many are
/// true.
///
///     double all = co_await (rows | simul::transform(amount) | simul::sum());
///     long long many = simul::sum(ints, 0LL);
inline constexpr detail::adaptor_up_to<detail::make_sum, 1> sum{};

} // namespace simul
