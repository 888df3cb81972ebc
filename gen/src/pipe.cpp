#include <simul/gen/detail/toolkit/pipe.hpp>

#include <stdexcept>

namespace simul::detail {

void throw_pipe_in_use() {
    throw std::logic_error("simul: a pipe that was moved from, or that a task waits for, cannot be "
                           "added to");
}

} // namespace simul::detail
