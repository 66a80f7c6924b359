// SPDX-License-Identifier: Apache-2.0
// A kernel at the other end of a pipe: the lines of a recording, taken in when they come and with the time of
// then. A device that is wished for is read again as it was last.
#pragma once
#include <fcntl.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <string>
#include <utility>

#include "base/log.hpp"
#include "source/recording_parser.hpp"
#include "source/source.hpp"

namespace dmev {

class PipedSource : public Source {
 public:
    PipedSource(int fd, std::function<Time()> clock) : fd_(fd), clock_(std::move(clock)), parser_("pipe") {}
    // The loop outlives its source, as with the kernel's.
    ~PipedSource() override {
        if (!loop_) return;
        loop_->forget(fd_);
        for (const auto& [device, timer] : timers_) loop_->cancel(timer);
    }

    Result<> start(Loop& loop, Sink sink) override {
        loop_ = &loop;
        sink_ = std::move(sink);
        fcntl(fd_, F_SETFL, fcntl(fd_, F_GETFL) | O_NONBLOCK);
        return loop.watch(fd_, EPOLLIN, [this](std::uint32_t) { take(); });
    }

    void wish(const Wish& wish) override {
        const auto device = wish.device;
        if (const auto timer = timers_.extract(device)) loop_->cancel(timer.mapped());
        if (!wish.by) return;
        const auto wait = std::max(*wish.by - clock_(), Duration{0});
        timers_[device] = loop_->after(std::chrono::ceil<std::chrono::milliseconds>(wait), [this, device] {
            timers_.erase(device);
            const auto last = last_.find(device);
            if (last == last_.end()) return;
            auto reading = last->second;
            reading.why = Why::poll;
            sink_(Observation{clock_(), std::move(reading)});
        });
    }

 private:
    void take() {
        char buffer[65536];
        const auto n = read(fd_, buffer, sizeof buffer);
        if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
        if (n <= 0) return loop_->forget(fd_); // nothing happens any more
        lines_.append(buffer, static_cast<std::size_t>(n));
        std::size_t begin = 0;
        for (std::size_t end; (end = lines_.find('\n', begin)) != lines_.npos; begin = end + 1)
            say(lines_.substr(begin, end - begin));
        lines_.erase(0, begin);
    }

    void say(std::string line) {
        const auto size = line.size();
        line.resize(size + recording::kBeyond);
        Observation observation;
        if (auto r = parser_.parse(line.data(), size, ++line_, observation); !r)
            return log::error("{}", r.error().text());
        observation.at = clock_();
        if (const auto* reading = std::get_if<DeviceReading>(&observation.what))
            last_[reading->id.number] = *reading;
        if (const auto* removed = std::get_if<DeviceRemoved>(&observation.what))
            last_.erase(removed->id.number);
        sink_(std::move(observation));
    }

    int fd_;
    std::function<Time()> clock_;
    recording::Parser parser_;
    Loop* loop_ = nullptr;
    Sink sink_;
    std::string lines_;
    int line_ = 0;
    std::map<DevNum, DeviceReading> last_;
    std::map<DevNum, Loop::TimerId> timers_;
};

} // namespace dmev
