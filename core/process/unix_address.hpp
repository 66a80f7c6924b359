// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "base/result.hpp"
#include "base/text.hpp"

namespace dmev {

// A path as a socket's address.
class UnixAddress {
 public:
    static Result<UnixAddress> of(const std::string& path) {
        UnixAddress address;
        if (path.size() >= sizeof address.at_.sun_path)
            return errno_error("no path of a socket", escape(path), ENAMETOOLONG);
        std::memcpy(address.at_.sun_path, path.data(), path.size());
        return address;
    }
    const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&at_); }
    socklen_t size() const { return sizeof at_; }

 private:
    UnixAddress() { at_.sun_family = AF_UNIX; }
    sockaddr_un at_{};
};

} // namespace dmev
