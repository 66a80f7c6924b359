// SPDX-License-Identifier: Apache-2.0
#include "service/outlet.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

namespace dmev {

struct Outlet::Alarm {
    Fd wake;
    std::atomic<int> errno_value{0};
    Failed failed;

    void pass_on() const {
        std::uint64_t count = 0;
        if (read(wake.get(), &count, sizeof count) == sizeof count) failed(errno_value.load());
    }
};

Result<std::unique_ptr<Outlet>> Outlet::open(Loop& loop, Fd fd, std::string name, Failed failed) {
    std::unique_ptr<Outlet> outlet{new Outlet{loop}};
    const auto alarm = std::make_shared<Alarm>();
    alarm->wake = Fd{eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    if (!alarm->wake) return errno_error("cannot write to", name, errno);
    alarm->failed = std::move(failed);
    const auto in_loop = [raw = alarm.get()](std::uint32_t) { raw->pass_on(); };
    if (auto r = loop.watch(alarm->wake.get(), EPOLLIN, in_loop); !r) return r.error();
    outlet->alarm_ = alarm;
    const auto on_writers_thread = [alarm](int errno_value, const std::string&) {
        alarm->errno_value = errno_value;
        const std::uint64_t one = 1;
        [[maybe_unused]] const auto n = ::write(alarm->wake.get(), &one, sizeof one);
    };
    outlet->writer_ = std::make_unique<LineWriter>(std::move(fd), std::move(name), on_writers_thread,
                                                   LineWriter::Options{});
    return outlet;
}

void Outlet::drain() {
    if (writer_) dropped_ = writer_->dropped();
    writer_.reset();
    if (alarm_) alarm_->pass_on(); // what the last lines met, though the loop runs no more
}

Outlet::~Outlet() {
    if (!alarm_) return;
    loop_.forget(alarm_->wake.get());
    drain();
}

} // namespace dmev
