#include <simul/loop/config.hpp>

#include <gtest/gtest.h>

#include <string>

TEST(version, the_library_and_its_headers_agree) {
    EXPECT_STREQ(simul::version(), SIMUL_VERSION_STRING);
}

TEST(version, the_text_is_made_of_the_three_numbers) {
    const std::string numbers = std::to_string(SIMUL_VERSION_MAJOR) + "." +
                                std::to_string(SIMUL_VERSION_MINOR) + "." +
                                std::to_string(SIMUL_VERSION_PATCH);
    EXPECT_EQ(numbers, simul::version());
}
