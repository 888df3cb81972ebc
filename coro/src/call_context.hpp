#pragma once

#include <simul/loop/detail/operation.hpp>

#include <memory>

namespace simul::detail {

/// What a call in another thread takes along of the line that makes it: a copy of its values, or
/// null when it has none.
[[nodiscard]] std::unique_ptr<line_context> copy_context(const waiter& of);

/// While it lives, context variables have these values on this thread, and set them, outside of
/// tasks.
class context_of_call {
public:
    explicit context_of_call(std::unique_ptr<line_context>& values) noexcept;
    context_of_call(const context_of_call&) = delete;
    context_of_call& operator=(const context_of_call&) = delete;
    ~context_of_call();
};

} // namespace simul::detail
