// SPDX-License-Identifier: Apache-2.0
#include "source/devmapper.hpp"

#include <cstdarg>
#include <cstdio>

#include "base/log.hpp"

namespace dmev {
namespace {

constexpr int level_mask = 0x7; // the bits above are libdevmapper's own flags

[[gnu::format(printf, 5, 6)]] void to_log(int level, const char*, int, int, const char* format, ...) {
    // Errors too: whoever made the call sees it fail and says so with the device's name.
    if ((level & level_mask) > 4 || !log::enabled(log::Level::debug)) return; // 4: warnings and worse
    char line[512];
    va_list args;
    va_start(args, format);
    std::vsnprintf(line, sizeof line, format, args);
    va_end(args);
    log::debug("libdevmapper: {}", escape(line));
}

} // namespace

void prepare_devmapper() {
    dm_log_with_errno_init(to_log);
    dm_set_name_mangling_mode(DM_STRING_MANGLING_NONE);
    dm_hold_control_dev(1);
}

} // namespace dmev
