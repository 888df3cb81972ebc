#include <simul/coro/outcome.hpp>

#include <gtest/gtest.h>

#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

namespace {

using simul::outcome;

std::exception_ptr failure() { return std::make_exception_ptr(std::runtime_error("failed")); }

TEST(outcome, of_a_value_gives_it) {
    outcome<std::string> o(std::in_place, "text");
    EXPECT_TRUE(o.has_value());
    EXPECT_TRUE(o);
    EXPECT_FALSE(o.cancelled());
    EXPECT_EQ(o.error(), nullptr);
    o.value() += "!";
    EXPECT_EQ(std::as_const(o).value(), "text!");
    const std::string taken = std::move(o).value();
    EXPECT_EQ(taken, "text!");
}

TEST(outcome, of_an_exception_rethrows_it_each_time) {
    const std::exception_ptr error = failure();
    outcome<int> o(error);
    EXPECT_FALSE(o.has_value());
    EXPECT_FALSE(o.cancelled());
    EXPECT_EQ(o.error(), error);
    EXPECT_THROW((void)o.value(), std::runtime_error);
    EXPECT_THROW((void)std::as_const(o).value(), std::runtime_error);
    EXPECT_THROW((void)std::move(o).value(), std::runtime_error);
}

TEST(outcome, of_a_cancel_says_so) {
    const outcome<int> o(std::make_exception_ptr(simul::cancelled{}), true);
    EXPECT_FALSE(o.has_value());
    EXPECT_TRUE(o.cancelled());
    EXPECT_THROW((void)o.value(), simul::cancelled);
}

TEST(outcome, of_void_has_nothing_to_read) {
    outcome<void> good(std::in_place);
    EXPECT_TRUE(good.has_value());
    good.value();
    const outcome<void> bad(failure());
    EXPECT_THROW(bad.value(), std::runtime_error);
}

TEST(outcome, of_a_reference_refers) {
    int place = 1;
    outcome<int&> o(std::in_place, place);
    EXPECT_EQ(&o.value(), &place);
    EXPECT_EQ(&std::as_const(o).value(), &place);
    EXPECT_EQ(&std::move(o).value(), &place);
}

TEST(outcome, of_a_move_only_value_moves_it_out) {
    outcome<std::unique_ptr<int>> o(std::in_place, std::make_unique<int>(3));
    outcome<std::unique_ptr<int>> moved = std::move(o);
    const std::unique_ptr<int> taken = std::move(moved).value();
    EXPECT_EQ(*taken, 3);
}

TEST(outcome, of_an_exception_pointer_keeps_value_and_failure_apart) {
    const outcome<std::exception_ptr> value(std::in_place, failure());
    EXPECT_TRUE(value.has_value());
    EXPECT_EQ(value.error(), nullptr);
    const outcome<std::exception_ptr> error(failure());
    EXPECT_FALSE(error.has_value());
}

} // namespace
