#pragma once

#include <simul/coro/sleep.hpp>
#include <simul/coro/task.hpp>
#include <simul/loop/error.hpp>

#include <exception>
#include <string>
#include <vector>

namespace simul_test {

/// What has happened, in its order.
using events = std::vector<std::string>;

/// What a tear-down is told: the message of an exception, "cancelled", or "nothing".
inline std::string text_of(const std::exception_ptr& error) {
    if (error == nullptr) return "nothing";
    try {
        std::rethrow_exception(error);
    } catch (const std::exception& e) {
        return e.what();
    } catch (const simul::cancelled&) {
        return "cancelled";
    }
}

/// A resource of which it is counted how many are in use; takes turns to set up and to tear down.
class counted_resource {
public:
    explicit counted_resource(int& in_use) noexcept : in_use_(&in_use) {}

    simul::task<> enter() {
        co_await simul::yield();
        ++*in_use_; // from here on nothing suspends
    }
    simul::task<> exit(std::exception_ptr) {
        co_await simul::yield();
        co_await simul::yield();
        --*in_use_;
    }

private:
    int* in_use_;
};

} // namespace simul_test
