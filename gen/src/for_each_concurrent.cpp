#include <simul/gen/detail/slots.hpp>

#include <string>

namespace simul::detail {

void slots::describe(std::string& out) const {
    out.append("one of ").append(std::to_string(count_));
    out.append(count_ == 1 ? " running task to end" : " running tasks to end");
}

} // namespace simul::detail
