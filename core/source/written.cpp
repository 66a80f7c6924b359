// SPDX-License-Identifier: Apache-2.0
#include "source/written.hpp"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include "base/fd.hpp"

namespace dmev {
namespace {

constexpr std::size_t at_once = 64;
constexpr int longest_pause = 8;
constexpr int words_before = 4; // of a `stat` file: all of reads

} // namespace

std::optional<std::uint64_t> writes_to(DevNum device) {
    const auto path = "/sys/dev/block/" + device.text() + "/stat";
    const Fd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    std::array<char, 256> buffer;
    const auto n = file ? ::read(file.get(), buffer.data(), buffer.size()) : -1;
    if (n <= 0) return std::nullopt;
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

void Written::watch(DevNum device) {
    const auto [it, added] = devices_.try_emplace(device);
    if (added) it->second.count = count_(device);
    it->second.watched = true;
}

bool Written::moved(DevNum device, State& state) {
    const auto count = count_(device);
    const bool same = count == state.count;
    state.count = count;
    if (same) {
        state.pause = 1;
        state.wait = 0;
        return false;
    }
    if (state.wait > 0) {
        --state.wait;
        return false;
    }
    state.wait = state.pause;
    state.pause = std::min(2 * state.pause, longest_pause);
    return true;
}

std::vector<DevNum> Written::look() {
    std::vector<DevNum> found;
    auto it = devices_.upper_bound(last_);
    for (auto left = std::min(devices_.size(), at_once); left > 0; --left, ++it) {
        if (it == devices_.end()) it = devices_.begin();
        auto& [device, state] = *it;
        last_ = device;
        if (!state.watched || !moved(device, state)) continue;
        state.watched = false;
        found.push_back(device);
    }
    return found;
}

} // namespace dmev
