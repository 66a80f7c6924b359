// SPDX-License-Identifier: Apache-2.0
// What the dispatcher and a reader say to each other: frames of a length and a message, on a stream socket.
// Both sides check everything they read; what is not exactly a message is none.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/observation.hpp"
#include "process/frames.hpp"

namespace dmev {

// The dispatcher's first words: what may leave the reader.
struct ReaderSetup {
    struct Claim {
        std::string target;
        bool table = false;
        bool served_by = false;
    };
    std::vector<Claim> claims;
    bool all_statuses = false; // also of targets that nobody claims
    bool hide_diskseq = false;
};

struct ReadRequest {
    std::uint32_t id = 0;
    DevNum device;
    // Whom the device is believed to hang with, unless that is not known. No status call, which may hang, if
    // it hangs with another.
    bool group_unknown = false;
    std::optional<DevNum> leader;
    std::optional<std::uint64_t> known_table; // what the last reading said; nothing was heard of it since
};

enum class ReadOutcome : std::uint8_t {
    reading, // reading is whole
    table,   // a status is wanted, but it hangs with leader, and nobody had said so
    gone,    // no such device
    torn,    // it changed while it was read
    failed,  // error tells why
};

struct ReadReply {
    std::uint32_t id = 0;
    ReadOutcome outcome = ReadOutcome::failed;
    std::int32_t error = 0;
    std::optional<DevNum> leader;
    std::optional<std::uint64_t> known_table; // of a reading with a status: what it says of the table
    DeviceReading reading;                    // its why is the dispatcher's to say
};

// A frame, its length included.
std::string encode(const ReaderSetup& setup);
std::string encode(const ReadRequest& request);
std::string encode(const ReadReply& reply);

// A frame without its length.
std::optional<ReaderSetup> decode_setup(std::string_view frame);
std::optional<ReadRequest> decode_request(std::string_view frame);
std::optional<ReadReply> decode_reply(std::string_view frame);

} // namespace dmev
