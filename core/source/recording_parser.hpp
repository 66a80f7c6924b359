// SPDX-License-Identifier: Apache-2.0
// Reads the lines of one recording, one after the other; keeps what one line leaves for the next.
#pragma once
#include <cstddef>
#include <string>
#include <utility>

#include "base/result.hpp"
#include "model/observation.hpp"
#include "source/recording_json.hpp"
#include "source/recording_written.hpp"

namespace dmev::recording {

class Parser {
 public:
    explicit Parser(std::string file) : file_(std::move(file)) {}

    // SIZE bytes at LINE, which it overwrites. REQUIRES: kBeyond bytes follow, whatever they are.
    // A line without "at" has the time of the last good line. What INTO held is of no account, but its memory
    // is used again.
    Result<> parse(char* line, std::size_t size, int line_number, Observation& into);

 private:
    std::string file_;
    JsonLine json_;
    Spare spare_;
    Time last_{};
};

} // namespace dmev::recording
