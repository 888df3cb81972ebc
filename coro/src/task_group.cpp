#include <simul/coro/task_group.hpp>

#include <simul/coro/detail/gate.hpp>
#include <simul/loop/error.hpp>
#include <simul/loop/log.hpp>

#include "what_of.hpp"

#include <stdexcept>
#include <string>
#include <utility>

namespace simul::detail {

void group_member::describe(std::string& out) const {
    if (name_.empty()) {
        child_line::describe(out);
    } else {
        out.append("\"").append(name_).append("\"");
    }
}

task_group_operation::~task_group_operation() {
    while (first_ != nullptr) remove(*first_);
}

bool task_group_operation::start(waiter& line, std::coroutine_handle<> at,
                                 child_line& body) noexcept {
    if (!begin(line, at)) {
        caller_cancelled_ = true;
        return false;
    }
    body_ = &body;
    body_runs_ = true;
    body.start(*line.loop);
    return true;
}

void task_group_operation::check_open() const {
    if (!body_runs_ && members_ == 0) {
        throw std::logic_error(
            "simul: spawn() in a task_group that has ended, or whose body has not begun");
    }
}

void task_group_operation::add(std::unique_ptr<group_member> member) {
    parked()->loop->check_thread("a task was added to a group");
    group_member& added = *member.release();
    added.previous_member = last_;
    (last_ != nullptr ? last_->next_member : first_) = &added;
    last_ = &added;
    ++members_;
    if (cancelling_ || parked()->cancel_requested) added.cancel();
    added.start(*parked()->loop);
}

void task_group_operation::remove(group_member& member) noexcept {
    group_member* const before = member.previous_member;
    group_member* const after = member.next_member;
    (before != nullptr ? before->next_member : first_) = after;
    (after != nullptr ? after->previous_member : last_) = before;
    if (member.starter != nullptr) member.starter->let_go();
    // It counts as long as it exists: the destructors of its arguments may add others.
    if (parked() == nullptr) {
        delete &member;
    } else {
        // Its arguments die with it here, and the group has not ended before their clean-up has.
        const destroying_for the_owner(*parked());
        delete &member;
    }
    --members_;
}

void task_group_operation::child_ended(child_line& child) noexcept {
    const bool is_body = &child == body_;
    start_operation* const starter = is_body ? nullptr : static_cast<group_member&>(child).starter;
    if (starter != nullptr) {
        starter->ended(child);
    } else if (std::exception_ptr error = child.error(); error != nullptr) {
        if (!child.ended_by_cancel) {
            fail(child, std::move(error));
        } else if (is_body && !quiet_ && !cancelling_) {
            body_was_cancelled_ = true;
            cancelling_ = true;
            parked()->loop->cancel_children_of(*this);
        }
    }
    if (is_body) {
        body_runs_ = false;
    } else {
        remove(static_cast<group_member&>(child));
    }
    if (body_runs_ || members_ != 0) return;
    caller_cancelled_ = parked()->cancel_requested;
    complete();
}

void task_group_operation::fail(child_line& child, std::exception_ptr error) noexcept {
    if (failure_ == nullptr) {
        failure_ = std::move(error);
        cancelling_ = true;
        parked()->loop->cancel_children_of(*this);
        return;
    }
    // Only one exception can be thrown; the others must not vanish.
    log_text(log_level::error, "simul: a second task of a group failed as well",
             [&](std::string& text) {
                 text += "simul: a task group throws the first failure only; ";
                 child.describe(text);
                 text.append(" failed as well: ").append(what_of(error));
             });
}

void task_group_operation::cancel_quietly() noexcept {
    if (parked() == nullptr) return;
    parked()->loop->check_thread("a task group was cancelled");
    quiet_ = cancelling_ = true;
    parked()->loop->cancel_children_of(*this);
}

// As asyncio does: a failure cancels the tasks before the body, a cancel from outside reaches the
// body first.
void task_group_operation::cancel_children() noexcept {
    if (body_runs_ && failure_ == nullptr) body_->cancel();
    for (group_member* each = first_; each != nullptr; each = each->next_member) each->cancel();
    if (body_runs_) body_->cancel();
}

void task_group_operation::check() const {
    if (failure_ != nullptr) std::rethrow_exception(failure_);
    if (caller_cancelled_ || body_was_cancelled_) throw cancelled{};
}

void task_group_operation::visit_children(visitor& to) const {
    if (body_runs_) to.visit(*body_);
    for (const group_member* each = first_; each != nullptr; each = each->next_member) {
        to.visit(*each);
    }
}

void task_group_operation::describe(std::string& out) const {
    out.append("task group of ").append(std::to_string(members_ + (body_runs_ ? 1 : 0)));
    out.append(" running tasks");
}

start_operation::~start_operation() {
    if (member_ != nullptr) let_go();
}

// Of the member and of the signal alike: the destructors of a task's arguments may still announce.
void start_operation::let_go() noexcept {
    std::exchange(member_, nullptr)->starter = nullptr;
    signal_->waiting_ = nullptr;
}

bool start_operation::start(waiter& line, std::coroutine_handle<> at, task_group_operation& group,
                            std::unique_ptr<group_member> member, task_started& signal) {
    group.check_open();
    if (!begin(line, at)) {
        was_cancelled_ = true;
        return false;
    }
    member_ = member.get();
    signal_ = &signal;
    member_->starter = this;
    signal.waiting_ = this;
    group.add(std::move(member));
    return true;
}

void start_operation::announced() noexcept {
    let_go();
    complete();
}

void start_operation::ended(const child_line& child) noexcept {
    let_go();
    error_ = child.error();
    has_ended_ = true;
    was_cancelled_ = parked()->cancel_requested;
    complete();
}

void start_operation::cancel_children() noexcept {
    if (member_ != nullptr) member_->cancel();
}

void start_operation::check() const {
    if (error_ != nullptr) std::rethrow_exception(error_);
    if (was_cancelled_) throw cancelled{};
    if (has_ended_) {
        throw std::logic_error("simul: a task begun with task_group::start() ended before it had "
                               "announced itself");
    }
}

void start_operation::describe(std::string& out) const {
    out += "start of ";
    if (member_ != nullptr) member_->describe(out);
}

} // namespace simul::detail
