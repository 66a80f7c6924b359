// SPDX-License-Identifier: Apache-2.0
#include "action/queue.hpp"

#include <algorithm>
#include <iterator>

namespace dmev {

void Queue::add(RunId run, Severity severity, std::string lock) {
    order_.insert({severity, run, std::move(lock)});
}

std::optional<Queue::Next> Queue::next(std::uint32_t slots) {
    if (busy_ >= slots) return std::nullopt;
    const auto it = std::find_if(order_.begin(), order_.end(),
                                 [&](const Entry& entry) { return !locks_.contains(entry.lock); });
    if (it == order_.end()) return std::nullopt;
    Next out{it->run, it->lock};
    order_.erase(it);
    take_lock(out.lock);
    ++busy_;
    return out;
}

std::optional<Queue::RunId> Queue::overflow(std::uint32_t limit) {
    if (order_.size() <= limit) return std::nullopt;
    const auto it = std::prev(order_.end());
    const auto run = it->run;
    order_.erase(it);
    return run;
}

void Queue::give_lock(const std::string& lock) {
    const auto it = locks_.find(lock);
    if (it != locks_.end() && --it->second == 0) locks_.erase(it);
}

} // namespace dmev
