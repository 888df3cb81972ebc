#include <simul/gen/detail/write_buffer.hpp>

#include <simul/loop/detail/log_text.hpp>
#include <simul/loop/error.hpp>

#include <algorithm>
#include <stdexcept>

namespace simul::detail {
namespace {

void log_loss(const any_sink& sink, std::size_t bytes, const std::string& why) {
    log_text(log_level::error, "simul: what was written did not reach its sink",
             [&](std::string& text) {
                 text.append("simul: ").append(std::to_string(bytes));
                 text.append(" bytes were not written to ").append(sink.name());
                 text.append(": ").append(why);
             });
}

std::string message_of(const std::exception_ptr& error) {
    try {
        std::rethrow_exception(error);
    } catch (const std::exception& e) {
        return e.what();
    } catch (...) {
        return "an exception of unknown type";
    }
}

} // namespace

write_buffer::write_buffer(std::unique_ptr<any_sink> sink, std::size_t limit)
    : sink_(std::move(sink)), limit_(std::max<std::size_t>(limit, 1)) {
    filled_.reserve(limit_ + limit_ / 8);
}

void write_buffer::report() {
    reported_ = true;
    std::rethrow_exception(error_);
}

void write_buffer::refuse() {
    if (error_) report();
    throw std::logic_error("simul: write to " + sink_->name() + ": it was closed before");
}

task<> write_buffer::make_room() { return hand_over(false); }
task<> write_buffer::flush() { return hand_over(true); }

task<> write_buffer::hand_over(bool everything) {
    const auto lock = co_await handing_over_.lock();
    co_await settle();
    // Another task may have done it while this one waited.
    if (filled_.empty() || (!everything && !is_full())) co_return;
    written_.reserve(filled_.capacity());
    std::swap(filled_, written_);
    if (sink_->is_owned() && !everything) {
        in_flight_ = spawn(write_in_background(shared_from_this()), "writes " + sink_->name());
        co_return;
    }
    co_await write();
    if (error_) report();
}

// Waits for the write in the background. A cancel ends the waiting alone.
task<> write_buffer::settle() {
    if (in_flight_) {
        co_await in_flight_;
        in_flight_ = {};
    }
    if (error_) report();
}

// What fails once stays failed: nobody knows how much has been written.
task<> write_buffer::write() {
    try {
        co_await sink_->write_all(std::as_bytes(std::span(written_)));
        written_.clear();
    } catch (const cancelled&) {
        error_ = std::make_exception_ptr(std::runtime_error(
            "simul: write to " + sink_->name() + ": an earlier write was cancelled half way"));
        throw;
    } catch (...) {
        error_ = std::current_exception();
    }
}

// Whoever waits, or comes next, sees the error.
task<> write_buffer::write_in_background(std::shared_ptr<write_buffer> to) {
    // A handle keeps the parameters of a task that has ended.
    const std::shared_ptr<write_buffer> self(std::move(to));
    try {
        co_await self->write();
    } catch (const cancelled&) { // the loop ends
    }
    if (self.use_count() == 1) self->abandon();
}

task<> write_buffer::close() {
    if (!closed_) {
        try {
            co_await hand_over(true);
        } catch (const cancelled&) {
            throw;
        } catch (...) {
            if (!error_) error_ = std::current_exception();
        }
        closed_ = true;
        try {
            co_await sink_->close();
        } catch (const cancelled&) {
            throw;
        } catch (...) {
            if (!error_) error_ = std::current_exception();
        }
    }
    if (error_) report();
}

void write_buffer::abandon() noexcept {
    if (closed_ || reported_) return;
    if (error_) {
        log_loss(*sink_, filled_.size() + written_.size(), message_of(error_));
    } else if (!filled_.empty()) {
        log_loss(*sink_, filled_.size(), "the writer was dropped without close()");
        filled_.clear();
    }
}

} // namespace simul::detail
