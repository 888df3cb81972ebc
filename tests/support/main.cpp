#include "accounting.hpp"

#include <gtest/gtest.h>

int main(int argc, char** argv) {
    testing::InitGoogleTest(&argc, argv);
    simul_test::check_each_test();
    return RUN_ALL_TESTS();
}
