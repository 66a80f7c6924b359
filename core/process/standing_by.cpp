// SPDX-License-Identifier: Apache-2.0
#include "process/standing_by.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <utility>

#include "base/io.hpp"
#include "process/lvm_script.hpp"

namespace dmev {
namespace {

bool readable(int fd) {
    pollfd now{fd, POLLIN, 0};
    return uninterrupted([&] { return poll(&now, 1, 0); }) != 0;
}

} // namespace

std::optional<StandingBy> StandingBy::start(int order, const rlimit& core) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0) return std::nullopt;
    Fd script_out{ends[0]}, script{ends[1]};
    // It waits within read(); and what it has not read yet fills a pipe of one page, however little it is.
    if (fcntl(ends[0], F_SETFL, 0) < 0 || fcntl(ends[1], F_SETPIPE_SZ, 1) < 0) return std::nullopt;
    auto forked = StandIn::fork(core);
    auto* stand_in = std::get_if<StandIn>(&forked);
    if (!stand_in) return std::nullopt;
    stand_in->learn(order, script_out.get());
    auto child = std::move(*stand_in).go_to_wait();
    if (!child) return std::nullopt;
    return StandingBy{*std::move(child), std::move(script)};
}

StandingBy::StandingBy(Child child, Fd script)
    : who_{child.pid, {}},
      output_(std::move(child.output)),
      report_(std::move(child.report)),
      script_(std::move(script)) {}

StandingBy::StandingBy(StandingBy&& other) noexcept
    : who_(std::exchange(other.who_, {})),
      output_(std::move(other.output_)),
      report_(std::move(other.report_)),
      script_(std::move(other.script_)),
      given_(other.given_),
      ready_(std::exchange(other.ready_, false)) {}

std::array<pollfd, 3> StandingBy::watched() const {
    const auto fd = [](const Fd& one) { return one ? one.get() : -1; };
    const short awaited = ready_ ? 0 : POLLOUT; // that nobody reads any more is told unasked
    return {{{fd(report_), POLLIN, 0}, {fd(output_), POLLIN, 0}, {fd(script_), awaited, 0}}};
}

void StandingBy::look() {
    if (report_ && readable(report_.get())) hear();
    // Whatever it prints before its command belongs to no report, and is no sign of health.
    if (output_ && readable(output_.get())) drop();
    if (script_) feed();
}

void StandingBy::hear() {
    const auto said = read_testimony(report_.get());
    if (!said) return report_.reset(); // it was executed
    if (said->what != Testimony::What::stamp) return drop();
    who_.stamp = said->stamp;
}

// The next line when it has taken the one before: not sooner, or its taking one would not tell that it did
// the other.
void StandingBy::feed() {
    pollfd now{script_.get(), POLLOUT, 0};
    if (uninterrupted([&] { return poll(&now, 1, 0); }) == 0) return;
    if ((now.revents & POLLOUT) == 0 || (now.revents & POLLERR) != 0) return drop();
    if (ready_) return;
    if (given_ == first_lvm_lines.size()) return void(ready_ = true);
    const auto line = first_lvm_lines[given_++];
    if (write(script_.get(), line.data(), line.size()) != static_cast<ssize_t>(line.size())) drop();
}

bool StandingBy::ready() {
    look();
    if (who_.pid > 0 && ready_ && !report_ && !who_.stamp.empty()) return true;
    drop();
    return false;
}

void StandingBy::drop() {
    if (who_.pid > 0) kill(std::exchange(who_.pid, 0), SIGKILL);
    for (auto* fd : {&output_, &report_, &script_}) fd->reset();
    ready_ = false;
}

std::optional<Child> StandingBy::commit(std::string_view line) && {
    if (!ready()) return std::nullopt;
    // All of it or nothing: the pipe is empty.
    if (write(script_.get(), line.data(), line.size()) != static_cast<ssize_t>(line.size())) {
        drop();
        return std::nullopt;
    }
    script_.reset(); // there is no other line
    return Child{std::exchange(who_.pid, 0), std::move(output_), Fd{}};
}

} // namespace dmev
