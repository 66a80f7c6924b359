// SPDX-License-Identifier: Apache-2.0
#include "base/result.hpp"

#include <cstring>

namespace dmev {

std::string Error::text() const {
    std::string out;
    if (!place.file.empty()) {
        out += place.file;
        if (place.line > 0) out += ":" + std::to_string(place.line);
        if (place.column > 0) out += ":" + std::to_string(place.column);
        out += ": ";
    }
    out += what;
    if (!object.empty()) out += " " + object;
    if (!why.empty()) out += ": " + why;
    if (!remedy.empty()) out += "; " + remedy;
    return out;
}

int exit_status(ErrorKind kind) {
    switch (kind) {
        case ErrorKind::failed: return 1;
        case ErrorKind::usage: return 2;
        case ErrorKind::unavailable: return 69;
        case ErrorKind::not_permitted: return 77;
        case ErrorKind::bad_config: return 78;
    }
    return 1;
}

Error errno_error(std::string what, std::string object, int errno_value) {
    char buffer[128];
    return Error{ErrorKind::failed,
                 std::move(what),
                 std::move(object),
                 strerror_r(errno_value, buffer, sizeof buffer),
                 {}};
}

} // namespace dmev
