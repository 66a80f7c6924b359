// SPDX-License-Identifier: Apache-2.0
#include "service/background.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <thread>
#include <utility>

namespace dmev {

Result<std::unique_ptr<Background>> Background::open(Loop& loop) {
    Fd wake{eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    if (!wake) return errno_error("cannot work in the background", "", errno);
    std::unique_ptr<Background> background{new Background{loop}};
    auto& self = *background;
    self.wake_ = std::make_shared<Fd>(std::move(wake));
    auto watched = loop.watch(self.wake_->get(), EPOLLIN, [&self](std::uint32_t) {
        eventfd_t n = 0;
        if (eventfd_read(self.wake_->get(), &n) < 0) return;
        self.busy_ = false;
        std::exchange(self.done_, {})();
    });
    if (!watched) return watched.error();
    return background;
}

Background::~Background() { loop_.forget(wake_->get()); }

Result<> Background::run(std::function<void()> work, std::function<void()> done) {
    try {
        std::thread{[work = std::move(work), wake = wake_] {
            work();
            eventfd_write(wake->get(), 1);
        }}.detach();
    } catch (const std::system_error& e) {
        return errno_error("cannot work in the background", "", e.code().value());
    }
    busy_ = true;
    done_ = std::move(done);
    return {};
}

} // namespace dmev
