#include <simul/loop/error.hpp>

#include <system_error>
#include <utility>

namespace simul {

deadlock::deadlock(std::string tree)
    : std::runtime_error("simul: deadlock, every task waits and nothing is left to wake one:\n" +
                         tree),
      tree_(std::move(tree)) {}

deadlock::~deadlock() = default;

namespace detail {

void throw_error(int error, std::string_view operation, std::string_view subject) {
    std::string message(operation);
    if (!subject.empty()) message.append(" ").append(subject);
    throw std::system_error(-error, std::generic_category(), message);
}

} // namespace detail
} // namespace simul
