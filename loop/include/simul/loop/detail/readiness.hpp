#pragma once

#include <simul/loop/config.hpp>

#include <cstdint>

namespace simul::detail {

class loop_core;
struct readiness_block;

/// Who hears that a descriptor is ready.
class readiness_listener {
public:
    /// On the loop's thread, again and again until the wait is stopped: 0, or a negative errno. 0
    /// comes also when the other side has gone; the wait has been stopped then.
    virtual void ready(int status) noexcept = 0;

protected:
    ~readiness_listener() = default;
};

/// A wait until a descriptor can be read or written without blocking. What libuv needs for it is a
/// block of its own, which outlives this object until libuv has closed it.
class SIMUL_API readiness {
public:
    enum class direction : std::uint8_t { readable, writable };

    readiness() noexcept = default;
    readiness(const readiness&) = delete;
    readiness& operator=(const readiness&) = delete;
    ~readiness() { stop(); }

    /// Begins to watch; the descriptor stays open until the wait is stopped, and blocks or not as
    /// before. Returns 0 or a negative errno: -EPERM when the kernel cannot watch this kind
    /// of file, which then never blocks.
    int start(loop_core& loop, readiness_listener& listener, int fd, direction towards) noexcept;

    /// Nobody hears of it any more. May be called by the listener.
    void stop() noexcept;

    [[nodiscard]] bool waiting() const noexcept { return block_ != nullptr; }

private:
    readiness_block* block_ = nullptr;
};

} // namespace simul::detail
