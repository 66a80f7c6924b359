// SPDX-License-Identifier: Apache-2.0
// Recordings: observations as JSON lines. What is written reads back as the same observation.
#pragma once
#include <cstdio>
#include <functional>
#include <istream>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "model/observation.hpp"

namespace dmev {

// One line, without its newline.
std::string to_recording(const Observation& observation);

// The error's place has FILE and LINE; what is wrong is named down to the member.
Result<Observation> from_recording(std::string_view line, const std::string& file, int line_number);

struct ReplayResult {
    std::size_t observations = 0;
    std::size_t bad_lines = 0;
};
// Every good line goes to SINK and every bad one to BAD, in order. Fails only when FILE cannot be read
// ("-" is standard input). ENOUGH is asked after each line: true ends it there, though a pipe may go on for
// ever.
Result<ReplayResult> replay(
    const std::string& file, const std::function<void(Observation&&)>& sink,
    const std::function<void(const Error&)>& bad, const std::function<bool()>& enough = [] { return false; });

} // namespace dmev
