// SPDX-License-Identifier: Apache-2.0
#include "service/status_line.hpp"

#include <algorithm>

namespace dmev {
namespace {

constexpr std::chrono::seconds settle{1}, rest{10};

} // namespace

void StatusLine::changed() {
    if (timer_ != 0 || !notify_.listened_to()) return;
    timer_ = loop_.at(std::max(Loop::Clock::now() + settle, last_ + rest), [this] {
        timer_ = 0;
        last_ = Loop::Clock::now();
        notify_.status(text_());
    });
}

} // namespace dmev
