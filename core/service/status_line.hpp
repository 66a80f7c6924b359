// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <functional>
#include <string>

#include "base/loop.hpp"
#include "service/notify.hpp"

namespace dmev {

// Keeps the service manager's line about us true, at most every few seconds, and without waking an idle loop.
class StatusLine {
 public:
    // TEXT makes the line. All outlive this.
    StatusLine(Loop& loop, Notify& notify, std::function<std::string()> text)
        : loop_(loop), notify_(notify), text_(std::move(text)) {}
    ~StatusLine() { loop_.cancel(timer_); }
    StatusLine(const StatusLine&) = delete;
    StatusLine& operator=(const StatusLine&) = delete;

    void changed(); // TEXT may be another now

 private:
    Loop& loop_;
    Notify& notify_;
    std::function<std::string()> text_;
    Loop::TimerId timer_ = 0;
    Loop::Clock::time_point last_{};
};

} // namespace dmev
