// SPDX-License-Identifier: Apache-2.0
// What a thin pool and a thin volume print about themselves, as values. Pure; borrows from the line;
// gives nothing when the line is not understood, whatever bytes it is made of.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

namespace thin {

// "253:0 253:1 128 32 1 error_if_no_space "
struct PoolTable {
    std::uint64_t block_sectors = 0;
    std::uint64_t low_water_mark = 0; // in data blocks
    bool read_only = false, error_if_no_space = false;

    static std::optional<PoolTable> parse(std::string_view table);
};

// "0 61/512 97/128 - rw no_discard_passdown queue_if_no_space - 128 ", or "Fail", or "Error"
struct Pool {
    enum class Mode { rw, ro, out_of_data_space, error, fail };
    Mode mode = Mode::rw;
    // The rest is zero where the mode is error or fail.
    std::uint64_t transaction_id = 0;
    std::uint64_t metadata_used = 0, metadata_total = 0; // in blocks of 4 KiB
    std::uint64_t data_used = 0, data_total = 0;         // in the pool's blocks
    std::optional<std::uint64_t> held_root;              // a metadata snapshot is reserved
    std::string_view discard;                            // empty on the oldest kernels
    bool error_if_no_space = false;
    std::optional<bool> needs_check;                 // kernels before 4.0 do not say
    std::optional<std::uint64_t> metadata_low_water; // kernels before 4.19 do not say

    bool has_numbers() const { return mode != Mode::error && mode != Mode::fail; }
    std::uint64_t data_free() const { return data_total - data_used; }
    std::uint64_t metadata_free() const { return metadata_total - metadata_used; }
    std::string_view mode_name() const;

    static std::optional<Pool> parse(std::string_view status);
};

// "11520 11519", "0 -", or "-", "Fail", "Error"
struct Volume {
    enum class State { active, inactive, error, fail };
    State state = State::active;
    std::uint64_t mapped = 0;             // sectors
    std::optional<std::uint64_t> highest; // the last sector that is mapped

    static std::optional<Volume> parse(std::string_view status);
};

} // namespace thin
