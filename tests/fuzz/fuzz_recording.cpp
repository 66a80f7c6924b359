// SPDX-License-Identifier: Apache-2.0
// A recorded line: an error, or an observation that is written and read back the same.
#include "input.hpp"
#include "source/recording.hpp"

using namespace dmev;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto observation = from_recording(view(data, size), "fuzz", 1);
    if (!observation) return 0;
    const auto line = to_recording(*observation);
    const auto again = from_recording(line, "fuzz", 2);
    promise(static_cast<bool>(again));
    promise(to_recording(*again) == line);
    return 0;
}
