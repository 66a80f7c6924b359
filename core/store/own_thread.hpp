// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <functional>

namespace dmev {

// Runs BODY on a thread of its own: small stack, every signal blocked, and descriptors of its own, in which
// only the standard streams and KEEP are open. So where it hangs in the kernel for ever, nothing that the
// program held (locks, sockets) is held by it after the program's end. 0 or an errno value.
int start_own_thread(std::function<void()> body, int keep);

} // namespace dmev
