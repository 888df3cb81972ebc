// Paths by pattern.

#include "cancel_each.hpp"
#include "run_virtual.hpp"
#include "temp_dir.hpp"

#include <simul/gen/glob.hpp>

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include <unistd.h>

namespace {

using simul::task;
using simul_test::run_real;
using simul_test::temp_dir;

task<std::vector<std::string>> names(std::filesystem::path pattern) {
    std::vector<std::string> all;
    const auto paths = co_await simul::glob(pattern.string());
    for (const auto& path : paths) all.push_back(path.filename().string());
    co_return all;
}

task<std::string> error_of(std::filesystem::path pattern) {
    try {
        (void)co_await simul::glob(pattern.string());
    } catch (const std::system_error& e) {
        co_return e.what();
    }
    co_return "no error";
}

TEST(glob, gives_what_matches_in_the_order_of_bytes) {
    const temp_dir dir;
    for (const char* const name : {"b.csv", "a.csv", "C.csv", "a.txt", ".hidden.csv", "ä.csv"})
        (void)dir.file(name, "");
    using list = std::vector<std::string>;
    EXPECT_EQ(run_real(names(dir / "*.csv")), (list{"C.csv", "a.csv", "b.csv", "ä.csv"}));
    EXPECT_EQ(run_real(names(dir / "?.csv")).front(), "C.csv");
    EXPECT_EQ(run_real(names(dir / "[ab].csv")), (list{"a.csv", "b.csv"}));
    EXPECT_EQ(run_real(names(dir / "{a.*,*.txt}")), (list{"a.csv", "a.txt"}));
    EXPECT_EQ(run_real(names(dir / "a.csv")), list{"a.csv"});
}

TEST(glob, of_nothing_is_an_error_by_name) {
    const temp_dir dir;
    const std::string none = (dir / "*.csv").string();
    EXPECT_EQ(run_real(error_of(none)), "glob " + none + ": No such file or directory");
    EXPECT_EQ(run_real(error_of("/nonexistent/*")),
              "glob /nonexistent/*: No such file or directory");
}

TEST(glob, a_directory_that_cannot_be_read_is_an_error) {
    if (::geteuid() == 0) GTEST_SKIP() << "root may read everything";
    const temp_dir dir;
    std::filesystem::create_directory(dir / "closed");
    std::filesystem::permissions(dir / "closed", std::filesystem::perms::none);
    const std::string error = run_real(error_of(dir / "closed" / "*"));
    std::filesystem::permissions(dir / "closed", std::filesystem::perms::owner_all);
    EXPECT_NE(error.find("closed: Permission denied"), std::string::npos) << error;
}

TEST(glob, a_cancel_does_not_wait_for_it) {
    run_real([]() -> task<> {
        auto looking = simul::spawn(simul::glob("/*"));
        co_await simul::yield();
        looking.cancel();
        (void)co_await simul_test::was_cancelled(looking);
    });
}

} // namespace
