// What the fragments of code in the manual may take for granted.
#pragma once

#include <simul/simul.hpp>
#include <simul/testing.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <coroutine>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <exception>
#include <filesystem>
#include <functional>
#include <future>
#include <iostream>
#include <memory>
#include <memory_resource>
#include <optional>
#include <ranges>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

using namespace std::chrono_literals;

template <class... T>
void use(const T&...) {}

inline simul::task<int> compute(int n) { co_return n; }
inline simul::task<std::string> greet(std::string name) { co_return "hello " + name; }
inline simul::task<> work() { co_await simul::sleep(1ms); }
