// SPDX-License-Identifier: Apache-2.0
// Lines just as recording_write.cpp writes them, read in one go: nearly all that there are, and millions of
// them.
#pragma once
#include <cstddef>

#include "model/observation.hpp"

namespace dmev::recording {

// So many bytes after a line are looked at.
inline constexpr std::size_t kBeyond = 64;

// Memory of the kind that the line before was not of: device readings and uevents alternate.
struct Spare {
    DeviceReading device;
    UeventReading uevent;
};

// Reads LINE if it is of a kind and a form that is taken here; what is not, errors among it, is for whoever
// reads any JSON. What INTO and SPARE held is of no account, but their memory is used again. REQUIRES: LINE
// is UTF-8, a 0 and kBeyond bytes follow.
bool read_as_written(const char* line, Observation& into, Spare& spare);

} // namespace dmev::recording
