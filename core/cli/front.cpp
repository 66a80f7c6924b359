// SPDX-License-Identifier: Apache-2.0
#include "cli/front.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "base/log.hpp"
#include "cli/setup.hpp"

namespace dmev {

Front::~Front() {
    if (watched_) loop_->forget(STDOUT_FILENO);
}

Result<> Front::open(Loop& loop, const Options& options) {
    loop_ = &loop;
    Fd copy{fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)};
    if (!copy) return errno_error("cannot use standard output", "", errno);
    auto outlet = Outlet::open(loop, std::move(copy), "standard output", [this](int e) { failed(e); });
    if (!outlet) return outlet.error();
    outlet_ = std::move(*outlet);
    output_ = make_output(options, [this](std::string&& lines) { outlet_->write(std::move(lines)); });
    // Pipes and terminals tell when the other end is gone; files have none, and cannot be watched.
    watched_ = bool{loop.watch(STDOUT_FILENO, 0, [this](std::uint32_t) { left(); })};
    return {};
}

void Front::failed(int errno_value) {
    if (Stdout::reader_left(errno_value)) return left();
    lost_ = true;
    log::error("{}; watching goes on",
               errno_error("cannot write to standard output", "", errno_value).text());
}

void Front::left() {
    if (watched_) loop_->forget(STDOUT_FILENO);
    watched_ = false;
    loop_->stop();
}

} // namespace dmev
