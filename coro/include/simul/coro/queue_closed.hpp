#pragma once

#include <simul/loop/config.hpp>

#include <stdexcept>

namespace simul {

/// Thrown by `put` to a queue that has been closed, and by `get` from one that is empty besides.
class SIMUL_API queue_closed : public std::runtime_error {
public:
    queue_closed();
    ~queue_closed() override;
};

} // namespace simul
