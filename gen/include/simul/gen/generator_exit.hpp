#pragma once

#include <simul/loop/config.hpp>

namespace simul {

/// What is thrown at the `co_yield` where a generator waits when it is closed, and when an async
/// generator is dropped there.
///
/// It does not derive from `std::exception`, so `catch (const std::exception&)` lets it pass. A
/// generator that catches it to clean up should rethrow it or return; it must not yield again.
class SIMUL_API generator_exit {};

} // namespace simul
