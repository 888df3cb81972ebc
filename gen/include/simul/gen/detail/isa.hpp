#pragma once

#include <simul/loop/config.hpp>

namespace simul::detail {

/// The instructions by which text is searched. `best` is what the processor and the environment
/// variable SIMUL_ISA (portable, sse2, avx2, avx512, exact) allow; `exact` goes byte by byte.
enum class isa { best, exact, portable, sse2, avx2, avx512 };

SIMUL_API bool isa_available(isa wanted) noexcept;
SIMUL_API const char* isa_name(isa wanted) noexcept;
/// What `best` stands for, or the one that was wanted.
/// \throws std::invalid_argument    when the processor does not have it.
SIMUL_API isa choose_isa(isa wanted);

} // namespace simul::detail
