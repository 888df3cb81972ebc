#pragma once

// How this program was built: tests that take long do less where everything is slower.

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SIMUL_TEST_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SIMUL_TEST_SANITIZED 1
#endif
#endif
#if !defined(SIMUL_TEST_SANITIZED)
#define SIMUL_TEST_SANITIZED 0
#endif

namespace simul_test {

inline constexpr bool sanitized = SIMUL_TEST_SANITIZED != 0;

// Release builds are those that are both fast and without assertions.
#if defined(__OPTIMIZE__) && defined(NDEBUG)
inline constexpr bool release = true;
#else
inline constexpr bool release = false;
#endif

} // namespace simul_test
