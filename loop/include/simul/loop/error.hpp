#pragma once

#include <simul/loop/config.hpp>

#include <stdexcept>
#include <string>
#include <string_view>

namespace simul {

/// Nothing can ever happen again: every task waits and neither a deadline nor an I/O operation nor
/// another thread is left to wake one. `run` throws it after it has cancelled and unwound all
/// tasks. `what()` and `tree()` show what each of them was waiting for.
class SIMUL_API deadlock : public std::runtime_error {
public:
    explicit deadlock(std::string tree);
    ~deadlock() override;

    /// The tasks at the time of the deadlock, as `dump_tasks` prints them.
    [[nodiscard]] const std::string& tree() const noexcept { return tree_; }

private:
    std::string tree_;
};

/// Thrown at a `co_await` when the task has been cancelled. It does not derive from
/// `std::exception`, so that `catch (const std::exception&)` never swallows it; code that catches
/// it, or everything, to clean up should throw it again.
struct SIMUL_API cancelled {
    [[nodiscard]] static const char* what() noexcept { return "cancelled"; }
};

namespace detail {

/// Throws a `std::system_error` with errno's generic category: "operation subject: message".
/// `error` is libuv's or the kernel's negative errno.
[[noreturn]] SIMUL_API void throw_error(int error, std::string_view operation,
                                        std::string_view subject = {});

} // namespace detail
} // namespace simul
