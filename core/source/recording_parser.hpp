// SPDX-License-Identifier: Apache-2.0
// Reads the lines of one recording, one after the other; keeps what one line leaves for the next.
#pragma once
#include <cstddef>
#include <string>
#include <utility>

#include "base/result.hpp"
#include "model/observation.hpp"
#include "source/recording_json.hpp"

namespace dmev::recording {

class Parser {
 public:
    explicit Parser(std::string file) : file_(std::move(file)) {}

    // So many bytes after a line are looked at, and the first of them overwritten, whatever they are.
    static constexpr std::size_t kBeyond = JsonLine::kBeyond;
    // SIZE bytes at LINE, which it overwrites. REQUIRES: kBeyond bytes follow.
    // A line without "at" has the time of the last good line.
    Result<Observation> parse(char* line, std::size_t size, int line_number);

 private:
    std::string file_;
    JsonLine json_;
    Time last_{};
};

} // namespace dmev::recording
