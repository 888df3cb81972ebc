#pragma once

/// \file
/// The version of the headers, the export macro, and the switches that a build may set.
///
/// - `SIMUL_STATIC`: simul is linked as a static library; set by the build files where it is so.
/// - `SIMUL_PLAIN_FRAMES`: coroutine frames come from plain `new`; set under sanitizers, where
///   recycled memory would hide errors. A program that differs from the library does not link.

/// The version these headers belong to. `simul::version()` tells that of the library at run time.
#define SIMUL_VERSION_MAJOR 0
#define SIMUL_VERSION_MINOR 1
#define SIMUL_VERSION_PATCH 0
#define SIMUL_VERSION_STRING "0.1.0"

/// Marks what the shared library exports; everything else in it is hidden.
#if defined(SIMUL_STATIC)
#define SIMUL_API
#else
#define SIMUL_API __attribute__((visibility("default")))
#endif

#if !defined(SIMUL_PLAIN_FRAMES)
#define SIMUL_PLAIN_FRAMES 0
#endif

/// Tasks, generators and streams: everything that a user of the library names.
namespace simul {

/// The version of the library that the program runs with, such as "0.1.0". The text is static.
///
///     std::printf("simul %s\n", simul::version());
SIMUL_API const char* version() noexcept;

} // namespace simul
