// SPDX-License-Identifier: Apache-2.0
// Reads the lines of one recording, one after the other; keeps what one line leaves for the next.
#pragma once
#include <memory>
#include <string>

#include "base/result.hpp"
#include "model/observation.hpp"

namespace dmev::recording {

class Parser {
 public:
    explicit Parser(std::string file);
    ~Parser();

    // SIZE bytes at LINE, which it overwrites. REQUIRES: LINE[SIZE] is there and may be overwritten too.
    // A line without "at" has the time of the last good line.
    Result<Observation> parse(char* line, std::size_t size, int line_number);

 private:
    struct Memory;
    std::string file_;
    std::unique_ptr<Memory> memory_;
    Time last_{};
};

} // namespace dmev::recording
