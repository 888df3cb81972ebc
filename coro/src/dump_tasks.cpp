#include <simul/coro/dump_tasks.hpp>

#include <simul/coro/detail/promise.hpp>
#include <simul/loop/detail/loop_core.hpp>

#include "place.hpp"

#include <algorithm>
#include <vector>

namespace simul {
namespace detail {
namespace {

// Draws a forest. Nests may be deep, so their lines stand on a list instead of the call stack.
class tree_drawing {
public:
    explicit tree_drawing(std::string& out) : out_(out) {}

    void draw(const std::vector<const waiter*>& roots) {
        push(roots, "", 0);
        while (!left_.empty()) {
            const entry next = std::move(left_.back());
            left_.pop_back();
            draw_line(next);
        }
    }

private:
    struct entry {
        const waiter* line;
        std::string indent;
        bool last;
        int depth;
    };
    struct collector final : operation::visitor {
        std::vector<const waiter*> children;
        void visit(const waiter& child) override { children.push_back(&child); }
    };

    void push(const std::vector<const waiter*>& lines, const std::string& indent, int depth) {
        constexpr std::size_t most = 1000; // a reader gains nothing from more
        constexpr int deepest = 100;
        if (depth > deepest && !lines.empty()) {
            out_ += indent + "(deeper ones are left out)\n";
            return;
        }
        const std::size_t shown = std::min(lines.size(), most);
        for (std::size_t i = shown; i > 0; --i) {
            left_.push_back({lines[i - 1], indent, i == lines.size(), depth});
        }
        if (shown < lines.size()) {
            out_ += indent + "(" + std::to_string(lines.size() - shown) + " more)\n";
        }
    }

    void draw_line(const entry& e) {
        out_ += e.indent;
        if (e.depth > 0) out_ += e.last ? "└─ " : "├─ ";
        std::string name;
        e.line->describe(name);
        out_ += name;
        const bool runs = e.line->loop != nullptr && e.line->loop->running == e.line;
        draw_stack(runs ? e.line->loop->running_coroutine : e.line->resume_point);
        collector below;
        if (const operation* const awaited = e.line->waiting_for()) {
            out_ += ": ";
            awaited->describe(out_);
            awaited->visit_children(below);
        } else if (runs) {
            out_ += ": running";
        } else if (e.line->queued) {
            out_ += ": ready";
        } else {
            out_ += ": ended";
        }
        if (e.line->cancel_requested) out_ += " (cancelled)";
        out_ += '\n';
        push(below.children, e.depth == 0 ? e.indent : e.indent + (e.last ? "   " : "│  "),
             e.depth + 1);
    }

    // The places of the co_awaits, outermost first.
    void draw_stack(std::coroutine_handle<> innermost) {
        constexpr std::size_t most = 20;
        std::vector<const promise_base*> frames;
        for (std::coroutine_handle<> at = innermost; at;) {
            const promise_base& frame = promise_of(at);
            if (!is_gate(at)) frames.push_back(&frame);
            at = frame.link != nullptr ? frame.link->caller : nullptr;
        }
        std::reverse(frames.begin(), frames.end());
        const std::size_t omitted = frames.size() > most ? frames.size() - most : 0;
        for (std::size_t i = 0; i < frames.size(); ++i) {
            if (omitted != 0 && i == most / 2) {
                out_ += " > ... " + std::to_string(omitted) + " more ...";
                i += omitted;
            }
            const std::source_location& at = frames[i]->where;
            out_ += i == 0 ? " " : std::string(" > ") + at.function_name() + " ";
            append_place(at, out_);
        }
    }

    std::string& out_;
    std::vector<entry> left_;
};

} // namespace

std::string format_tasks_of(const loop_core& loop) {
    std::vector<const waiter*> roots;
    const ring<top_level>& lines = loop.top_levels();
    for (const top_level* each = lines.first(); each != nullptr; each = lines.after(*each)) {
        roots.push_back(each);
    }
    std::string text;
    tree_drawing(text).draw(roots);
    return text;
}

} // namespace detail

std::string format_tasks() {
    const detail::loop_core* const loop = detail::loop_core::current();
    return loop != nullptr ? detail::format_tasks_of(*loop) : std::string();
}

void dump_tasks(std::FILE* out) {
    const std::string text = format_tasks();
    std::fwrite(text.data(), 1, text.size(), out);
    std::fflush(out);
}

} // namespace simul
