// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "source/source.hpp"

namespace dmev {

// A source that says what the test wrote down, one observation for each round of the loop, and remembers
// the wishes it was given.
class ScriptedSource : public Source {
 public:
    explicit ScriptedSource(std::vector<Observation> script) : script_(script.begin(), script.end()) {}
    // The loop outlives its source, as with the kernel's.
    ~ScriptedSource() override {
        if (loop_) loop_->cancel(timer_);
    }

    Result<> start(Loop& loop, Sink sink) override {
        loop_ = &loop;
        sink_ = std::move(sink);
        next();
        return {};
    }
    void wish(const Wish& wish) override { wishes.emplace_back(wish.device, wish.by); }

    std::vector<std::pair<DevNum, std::optional<Time>>> wishes;

 private:
    void next() {
        if (script_.empty()) return;
        timer_ = loop_->after({}, [this] {
            auto observation = std::move(script_.front());
            script_.pop_front();
            next();
            sink_(std::move(observation));
        });
    }
    std::deque<Observation> script_;
    Loop* loop_ = nullptr;
    Loop::TimerId timer_ = 0;
    Sink sink_;
};

} // namespace dmev
