#pragma once

namespace simul_test {

/// Makes every test fail that keeps something: coroutine frames, libuv handles, requests in flight,
/// file descriptors, or messages in the log that the test did not look at. For main().
void check_each_test();

} // namespace simul_test
