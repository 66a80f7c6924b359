// SPDX-License-Identifier: Apache-2.0
#include "source/writes.hpp"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

namespace dmev {
namespace {

constexpr Duration near_pause = std::chrono::seconds{1}; // between two looks at what is near
constexpr std::size_t near_at_once = 64;
constexpr int longest_wait = 8;
constexpr int looks_unwritten = 6; // at least, before one is read that was not written to
constexpr int words_before = 4;    // of a `stat` file: all of reads

} // namespace

std::optional<std::uint64_t> writes_to(DevNum device, Fd& file) {
    if (!file) file = Fd{::open(("/sys/dev/block/" + device.text() + "/stat").c_str(), O_RDONLY | O_CLOEXEC)};
    std::array<char, 256> buffer;
    const auto n = file ? ::pread(file.get(), buffer.data(), buffer.size(), 0) : -1;
    if (n <= 0) {
        file.reset(); // another device may have its number soon
        return std::nullopt;
    }
    std::string_view text{buffer.data(), static_cast<std::size_t>(n)};
    for (int word = 0;; ++word) {
        text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
        if (word == words_before) break;
        text.remove_prefix(std::min(text.find(' '), text.size()));
    }
    std::uint64_t count = 0;
    const auto end = std::from_chars(text.data(), text.data() + text.size(), count);
    return end.ec == std::errc{} ? std::optional{count} : std::nullopt;
}

void Writes::set(DevNum device, State& state, std::optional<Time> by) {
    if (state.by) times_.erase({*state.by, device});
    state.by = by;
    if (by) times_.insert({*by, device});
}

void Writes::wish(const Wish& wish, Time now) {
    const auto [it, added] = devices_.try_emplace(wish.device);
    auto& state = it->second;
    // It was read a moment ago: what is written meanwhile counts.
    if (added) state.seen = state.read = count(wish.device, state);
    state.unwritten_by = *wish.unwritten_by;
    state.period = std::max(*wish.by - now, Duration{});
    state.longest = std::max((state.unwritten_by - now) / looks_unwritten, state.period);
    set(wish.device, state, wish.by);
    if (wish.near_limit)
        near_.insert(wish.device);
    else
        near_.erase(wish.device);
    if (near_.empty())
        next_near_.reset();
    else if (!next_near_)
        next_near_ = now + near_pause;
}

void Writes::forget(DevNum device) {
    const auto it = devices_.find(device);
    if (it == devices_.end()) return;
    set(device, it->second, std::nullopt);
    devices_.erase(it);
    near_.erase(device);
    if (near_.empty()) next_near_.reset();
}

std::optional<Time> Writes::due() const {
    auto soonest = next_near_;
    if (!times_.empty())
        soonest = soonest ? std::min(*soonest, times_.begin()->first) : times_.begin()->first;
    return soonest;
}

std::optional<std::uint64_t> Writes::count(DevNum device, State& state) const {
    const auto found = count_(device, state.file);
    if (near_.size() > near_at_once || !near_.contains(device)) state.file.reset();
    return found;
}

// Where nobody counts, it may have been.
bool Writes::was_written(DevNum device, State& state) {
    const auto now = count(device, state);
    const bool same = now && now == state.read;
    state.read = now;
    return !same;
}

bool Writes::moved(DevNum device, State& state) {
    const auto now = count(device, state);
    if (std::exchange(state.seen, now) == now) {
        state.pause = 1;
        state.wait = 0;
        return false;
    }
    if (state.wait > 0) {
        --state.wait;
        return false;
    }
    state.wait = state.pause;
    state.pause = std::min(2 * state.pause, longest_wait);
    state.read = now;
    return true;
}

void Writes::look_at_near(std::vector<DevNum>& found) {
    auto it = near_.upper_bound(last_near_);
    for (auto left = std::min(near_.size(), near_at_once); left > 0; --left, ++it) {
        if (it == near_.end()) it = near_.begin();
        last_near_ = *it;
        auto& state = devices_.at(*it);
        if (!state.by || !moved(*it, state)) continue;
        set(*it, state, std::nullopt);
        found.push_back(*it);
    }
}

void Writes::look_at_due(Time now, std::vector<DevNum>& found) {
    if (times_.empty() || times_.begin()->first > now) return;
    std::vector<DevNum> due;
    for (const auto& [by, device] : times_) {
        const auto early = devices_.at(device).period / 4;
        if (by <= now + early) due.push_back(device);
    }
    for (const auto device : due) {
        auto& state = devices_.at(device);
        if (now >= state.unwritten_by || was_written(device, state)) {
            set(device, state, std::nullopt);
            found.push_back(device);
        } else {
            state.period = std::min(2 * state.period, state.longest);
            set(device, state, std::min(now + state.period, state.unwritten_by));
        }
    }
}

std::vector<DevNum> Writes::look(Time now) {
    std::vector<DevNum> found;
    if (next_near_ && *next_near_ <= now) {
        look_at_near(found);
        next_near_ = now + near_pause;
    }
    look_at_due(now, found);
    return found;
}

} // namespace dmev
