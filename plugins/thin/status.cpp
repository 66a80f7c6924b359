// SPDX-License-Identifier: Apache-2.0
#include "status.hpp"

#include <dmevent/plugin.hpp>
#include <tuple>

namespace thin {
namespace {

using dmevent::Words;

// A number, or "-" for none; anything else clears the words' ok().
std::optional<std::uint64_t> number_or_dash(Words& words) {
    auto ahead = words;
    if (ahead.word() == "-") {
        words = ahead;
        return {};
    }
    return words.number();
}

// The one word of a line that consists of nothing else.
std::string_view only_word(std::string_view line) {
    Words words{line};
    const auto word = words.word();
    return words.more() ? std::string_view{} : word;
}

// One of two words; anything else is not understood.
std::optional<bool> either(std::string_view word, std::string_view yes, std::string_view no) {
    if (word == yes) return true;
    if (word == no) return false;
    return {};
}

std::optional<Pool::Mode> mode_of(std::string_view word) {
    if (word == "rw") return Pool::Mode::rw;
    if (word == "ro") return Pool::Mode::ro;
    if (word == "out_of_data_space") return Pool::Mode::out_of_data_space;
    return {};
}

bool is_discard(std::string_view word) {
    return word == "discard_passdown" || word == "no_discard_passdown" || word == "ignore_discard";
}

// What follows the held root. Each kernel that added a word put it last, so a line may end before any of
// them; what comes after the last one known is of kernels to come.
bool parse_tail(Words& words, Pool& pool) {
    if (!words.more()) return true;
    const auto mode = mode_of(words.word());
    if (!mode) return false;
    pool.mode = *mode;
    if (!words.more()) return true;
    pool.discard = words.word();
    if (!is_discard(pool.discard)) return false;
    if (!words.more()) return true;
    const auto error = either(words.word(), "error_if_no_space", "queue_if_no_space");
    if (!error) return false;
    pool.error_if_no_space = *error;
    if (!words.more()) return true;
    pool.needs_check = either(words.word(), "needs_check", "-");
    if (!pool.needs_check) return false;
    if (words.more()) pool.metadata_low_water = words.number();
    return words.ok();
}

} // namespace

std::optional<PoolTable> PoolTable::parse(std::string_view table) {
    PoolTable t;
    Words words{table};
    words.skip(2); // metadata device, data device
    t.block_sectors = words.number();
    t.low_water_mark = words.number();
    auto features = words.more() ? words.number() : 0;
    while (features-- > 0 && words.ok()) {
        const auto feature = words.word();
        t.read_only |= feature == "read_only";
        t.error_if_no_space |= feature == "error_if_no_space";
    }
    return words.ok() ? std::optional{t} : std::nullopt;
}

std::string_view Pool::mode_name() const {
    switch (mode) {
        case Mode::rw: return "rw";
        case Mode::ro: return "ro";
        case Mode::out_of_data_space: return "out_of_data_space";
        case Mode::error: return "Error";
        case Mode::fail: break;
    }
    return "Fail";
}

std::optional<Pool> Pool::parse(std::string_view status) {
    Pool pool;
    if (const auto failed = either(only_word(status), "Fail", "Error")) {
        pool.mode = *failed ? Mode::fail : Mode::error;
        return pool;
    }
    Words words{status};
    pool.transaction_id = words.number();
    std::tie(pool.metadata_used, pool.metadata_total) = words.ratio();
    std::tie(pool.data_used, pool.data_total) = words.ratio();
    pool.held_root = number_or_dash(words);
    if (!words.ok() || !parse_tail(words, pool)) return {};
    // The kernel takes total and free one after the other: caught between, the difference wraps round.
    if (pool.data_used > pool.data_total || pool.metadata_used > pool.metadata_total) return {};
    return pool;
}

std::optional<Volume> Volume::parse(std::string_view status) {
    Volume volume;
    const auto word = only_word(status);
    if (word == "-" || word == "Fail" || word == "Error") {
        volume.state = word == "-" ? State::inactive : word == "Fail" ? State::fail : State::error;
        return volume;
    }
    Words words{status};
    volume.mapped = words.number();
    volume.highest = number_or_dash(words);
    return words.ok() ? std::optional{volume} : std::nullopt;
}

} // namespace thin
