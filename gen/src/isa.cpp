#include <simul/gen/detail/isa.hpp>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <stdexcept>
#include <string>

namespace simul::detail {
namespace {

constexpr isa from_best_to_any[] = {isa::avx512, isa::avx2, isa::sse2, isa::portable};

isa find_best() {
    const char* wish = std::getenv("SIMUL_ISA");
    if (wish != nullptr && std::strcmp(wish, "exact") == 0) return isa::exact;
    // The wish is an upper bound: a machine that has less takes what it has.
    bool allowed = wish == nullptr ||
                   std::none_of(std::begin(from_best_to_any), std::end(from_best_to_any),
                                [&](isa known) { return std::strcmp(isa_name(known), wish) == 0; });
    for (const isa known : from_best_to_any) {
        allowed = allowed || std::strcmp(isa_name(known), wish) == 0;
        if (allowed && isa_available(known)) return known;
    }
    return isa::portable;
}

} // namespace

bool isa_available(isa wanted) noexcept {
#if defined(__x86_64__)
    __builtin_cpu_init();
    switch (wanted) {
    case isa::avx512:
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
               __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vbmi2") &&
               __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("pclmul") &&
               __builtin_cpu_supports("popcnt");
    case isa::avx2:
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
               __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("popcnt");
    default: return true;
    }
#else
    return wanted == isa::best || wanted == isa::exact || wanted == isa::portable;
#endif
}

const char* isa_name(isa wanted) noexcept {
    switch (wanted) {
    case isa::best: return "best";
    case isa::exact: return "exact";
    case isa::portable: return "portable";
    case isa::sse2: return "sse2";
    case isa::avx2: return "avx2";
    case isa::avx512: return "avx512";
    }
    return "";
}

isa choose_isa(isa wanted) {
    if (!isa_available(wanted)) {
        throw std::invalid_argument(std::string("this processor does not have ") +
                                    isa_name(wanted));
    }
    static const isa best = find_best();
    return wanted == isa::best ? best : wanted;
}

} // namespace simul::detail
