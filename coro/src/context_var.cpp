#include <simul/coro/context_var.hpp>

#include <simul/loop/detail/loop_core.hpp>
#include <simul/loop/detail/operation.hpp>

#include "call_context.hpp"

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <utility>
#include <vector>

namespace simul::detail {
namespace {

// Variables are few: a search through a list is quicker than any map.
struct entry {
    const void* key;
    std::shared_ptr<const void> value;
};

class context_values final : public line_context {
public:
    context_values() = default;
    explicit context_values(const std::vector<entry>& from) : entries(from) {}

    std::vector<entry> entries;
};

waiter* running_line() noexcept {
    const loop_core* const loop = loop_core::current();
    return loop != nullptr ? loop->running : nullptr;
}

// What the call has taken along that runs on this thread; null while there is none.
[[gnu::tls_model("initial-exec")]] constinit thread_local std::unique_ptr<line_context>* of_call =
    nullptr;

// The values of who runs here, or null.
const context_values* values_here() noexcept {
    const line_context* found = nullptr;
    if (const waiter* const line = running_line()) {
        found = line->loop->context_of(*line);
    } else if (of_call != nullptr) {
        found = of_call->get();
    }
    return static_cast<const context_values*>(found);
}

// The line's values, for it alone to change.
context_values& own_values(waiter& line) {
    auto* const current = static_cast<context_values*>(line.loop->context_of(line));
    if (current != nullptr && !current->is_shared()) return *current;
    auto own = current != nullptr ? std::make_unique<context_values>(current->entries)
                                  : std::make_unique<context_values>();
    context_values& values = *own;
    line.loop->set_context(line, std::move(own));
    return values;
}

context_values& own_values(std::unique_ptr<line_context>& call) {
    if (call == nullptr) call = std::make_unique<context_values>();
    return static_cast<context_values&>(*call);
}

} // namespace

const void* context_value(const void* key) noexcept {
    const context_values* const values = values_here();
    if (values == nullptr) return nullptr;
    for (const entry& each : values->entries) {
        if (each.key == key) return each.value.get();
    }
    return nullptr;
}

void set_context_value(const void* key, std::shared_ptr<const void> value) {
    waiter* const line = running_line();
    if (line == nullptr && of_call == nullptr) {
        throw std::logic_error("simul: a context_var can only be set by a task that runs, or in a "
                               "call by to_thread()");
    }
    if (value == nullptr && values_here() == nullptr) return;
    std::vector<entry>& entries =
        (line != nullptr ? own_values(*line) : own_values(*of_call)).entries;
    const auto has_key = [=](const entry& each) { return each.key == key; };
    const auto found = std::find_if(entries.begin(), entries.end(), has_key);
    // The old value goes last: its destructor may use the variable.
    if (found == entries.end()) {
        if (value != nullptr) entries.push_back({key, std::move(value)});
    } else {
        std::swap(found->value, value);
        if (found->value == nullptr) entries.erase(found);
    }
}

std::unique_ptr<line_context> copy_context(const waiter& of) {
    const line_context* const values = of.loop->context_of(of);
    if (values == nullptr) return nullptr;
    return std::make_unique<context_values>(static_cast<const context_values*>(values)->entries);
}

context_of_call::context_of_call(std::unique_ptr<line_context>& values) noexcept {
    of_call = &values;
}
context_of_call::~context_of_call() { of_call = nullptr; }

} // namespace simul::detail
