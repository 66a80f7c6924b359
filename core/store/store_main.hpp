// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace dmev {

// The history's process: writes what comes through SOCKET until the other end closes, then what is queued.
// A disk that hangs makes its process unkillable, with all that it holds open; here it holds nothing else, so
// that the dispatcher can end and a successor start. The result is its exit status.
int store_main(int socket);

} // namespace dmev
