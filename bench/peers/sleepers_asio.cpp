// Coroutines of Boost.Asio, each asleep for the same second.

// Boost 1.74 uses it without including it.
#include <utility>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <cstdio>
#include <cstdlib>

namespace asio = boost::asio;

namespace {

asio::awaitable<void> sleeper(asio::io_context& context) {
    asio::steady_timer timer(context, std::chrono::seconds(1));
    co_await timer.async_wait(asio::use_awaitable);
}

} // namespace

int main(int argc, char** argv) {
    const long count = argc > 1 ? std::atol(argv[1]) : 1'000'000;
    asio::io_context context(1); // one thread: no locks
    for (long i = 0; i < count; ++i) asio::co_spawn(context, sleeper(context), asio::detached);
    context.run();
    std::printf("tasks=%ld\n", count);
}
