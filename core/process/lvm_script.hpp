// SPDX-License-Identifier: Apache-2.0
// How an lvm that runs already is given its command, as lvm(8) takes scripts: a line of its standard input,
// after which that is closed. It then ends with the command's exit status. Pure.
#pragma once
#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "process/program.hpp"

namespace dmev {

// The lvm at PATH that waits for its command, with the environment ENV.
Program waiting_lvm(std::string path, std::vector<std::pair<std::string, std::string>> env);

// What it is given first, a line at a time: once it has taken the last of them, it has done what the others
// say, and waits. They open no device, take no lock that lasts and print nothing.
extern const std::array<std::string_view, 3> first_lvm_lines;

// The line for ARGV, its end included; none where it would not come out of it as exactly the same arguments,
// or is none of the commands that hooks use.
std::optional<std::string> lvm_line(const std::vector<std::string>& argv);

// Whether PROGRAM is the same when WAITING runs it: a hook's, never signalled, with the same rights and
// environment but for the variables that tell of the event.
bool may_run(const Program& waiting, const Program& program);

} // namespace dmev
