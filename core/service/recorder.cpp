// SPDX-License-Identifier: Apache-2.0
#include "service/recorder.hpp"

#include <fcntl.h>

#include <cerrno>

#include "base/log.hpp"
#include "base/text.hpp"
#include "source/recording.hpp"

namespace dmev {

Result<std::unique_ptr<Recorder>> Recorder::open(Loop& loop, const std::string& file) {
    const auto name = escape(file);
    // Non-blocking for the open alone: a named pipe without a reader is an error and not a wait.
    Fd fd{::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600)};
    if (!fd) return errno_error("cannot write recording", name, errno);
    if (const int flags = fcntl(fd.get(), F_GETFL);
        flags < 0 || fcntl(fd.get(), F_SETFL, flags & ~O_NONBLOCK) < 0)
        return errno_error("cannot write recording", name, errno);
    std::unique_ptr<Recorder> recorder{new Recorder{name}};
    auto outlet = Outlet::open(loop, std::move(fd), name, [name](int errno_value) {
        log::error("{}; watching goes on", errno_error("cannot write recording", name, errno_value).text());
    });
    if (!outlet) return outlet.error();
    recorder->outlet_ = std::move(*outlet);
    return recorder;
}

Recorder::~Recorder() {
    if (!outlet_) return;
    outlet_->drain();
    if (outlet_->dropped() > 0) log::error("recording {}: {} lines were lost", file_, outlet_->dropped());
}

void Recorder::record(const Observation& observation) { outlet_->write(to_recording(observation) + "\n"); }

} // namespace dmev
