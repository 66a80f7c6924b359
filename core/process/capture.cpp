// SPDX-License-Identifier: Apache-2.0
#include "process/capture.hpp"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>

namespace dmev {

Capture::Capture(Fd pipe) : pipe_(std::move(pipe)) { fcntl(pipe_.get(), F_SETFL, O_NONBLOCK); }

bool Capture::take() {
    char buffer[64 << 10];
    for (int round = 0; open() && round < 16; ++round) {
        const auto n = read(pipe_.get(), buffer, sizeof buffer);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && errno == EAGAIN) return false;
        if (n <= 0) {
            close();
            return false;
        }
        const auto size = static_cast<std::size_t>(n);
        bytes_ += size;
        if (size >= kept) last_.clear();
        last_.append(buffer + size - std::min(size, kept), std::min(size, kept));
        if (last_.size() > 2 * kept) last_.erase(0, last_.size() - kept);
    }
    return open();
}

std::string Capture::tail() const { return last_.substr(last_.size() - std::min(last_.size(), kept)); }

} // namespace dmev
