#pragma once

#include <version>

#if defined(__cpp_lib_generator)
#include <generator>
#endif

namespace simul::detail {

/// Whether it is a std::generator; always false where the standard library has none.
template <class Type>
inline constexpr bool is_std_generator = false;

#if defined(__cpp_lib_generator)
template <class Reference, class Value, class Allocator>
inline constexpr bool is_std_generator<std::generator<Reference, Value, Allocator>> = true;
#endif

} // namespace simul::detail
