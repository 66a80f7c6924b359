// SPDX-License-Identifier: Apache-2.0
// The history's process: a disk that hangs makes its process unkillable, with all that it holds open. This
// one holds nothing else, so that the dispatcher can end, a successor start, and file systems be unmounted.
#pragma once
#include <functional>

#include "base/result.hpp"

namespace dmev {

// Writes what comes through SOCKET until the other end closes, then what is queued. Its result is an exit
// status.
int store_main(int socket);

// As a service of its own: the same for one connection of LISTENING after the other, of root or our own user.
// At SIGTERM or SIGINT it says that it leaves, writes what is queued, and returns. The error: a disk that
// hung has not taken all; to be started anew. READY is called once it accepts. REQUIRES: single-threaded.
Result<> serve_history(int listening, const std::function<void()>& ready);

} // namespace dmev
