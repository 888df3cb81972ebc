#pragma once

#include "build_kind.hpp"

#include <gtest/gtest.h>

#include <pthread.h>

#include <cstddef>
#include <functional>

namespace simul_test {

/// Runs on a thread whose stack has 128 KiB, four times that under sanitizers, whose frames are
/// large: what grows with the depth ends at once.
inline void on_a_small_stack(std::function<void()> work) {
    pthread_attr_t attributes;
    ASSERT_EQ(pthread_attr_init(&attributes), 0);
    constexpr std::size_t size = std::size_t{sanitized ? 512 : 128} * 1024;
    ASSERT_EQ(pthread_attr_setstacksize(&attributes, size), 0);
    pthread_t thread{};
    const auto start = [](void* what) -> void* {
        try {
            (*static_cast<std::function<void()>*>(what))();
        } catch (...) {
            ADD_FAILURE() << "an exception left the thread";
        }
        return nullptr;
    };
    ASSERT_EQ(pthread_create(&thread, &attributes, start, &work), 0);
    pthread_join(thread, nullptr);
    pthread_attr_destroy(&attributes);
}

} // namespace simul_test
