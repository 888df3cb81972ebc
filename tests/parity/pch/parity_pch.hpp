// What every scenario includes, compiled once.
#include "scenarios.hpp"

#include <simul/simul.hpp>
