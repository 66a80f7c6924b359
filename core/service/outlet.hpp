// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <functional>
#include <memory>
#include <string>

#include "base/fd.hpp"
#include "base/line_writer.hpp"
#include "base/loop.hpp"

namespace dmev {

// A LineWriter whose failures arrive in the loop, on the loop's own thread.
class Outlet {
 public:
    using Failed = std::function<void(int errno_value)>;
    // LOOP outlives it.
    static Result<std::unique_ptr<Outlet>> open(Loop& loop, Fd fd, std::string name, Failed failed);
    ~Outlet();

    void write(std::string&& lines) { writer_->write(std::move(lines)); }
    // Writes what is queued, for at most a second; no write() may follow. For any one thread.
    void drain();
    std::size_t dropped() const { return dropped_ + (writer_ ? writer_->dropped() : 0); }

 private:
    struct Alarm;
    explicit Outlet(Loop& loop) : loop_(loop) {}
    Loop& loop_;
    std::shared_ptr<Alarm> alarm_; // also the writer thread's, which may outlive us on a hanging disk
    std::unique_ptr<LineWriter> writer_;
    std::size_t dropped_ = 0; // of a writer that is gone
};

} // namespace dmev
