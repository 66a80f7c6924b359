// SPDX-License-Identifier: Apache-2.0
#include "process/lvm_script.hpp"

#include <algorithm>

namespace dmev {
namespace {

constexpr std::size_t longest_line = 254; // of 256 bytes of lvm's: two less than fgets() could take
constexpr std::size_t most_arguments = 32;

// lvm splits a line into its own argv, where its environment would come next.
constexpr std::size_t room = 64;

constexpr std::string_view commands[] = {"lvextend", "lvconvert"};

// All that means nothing but itself, within quotes or not, to lvm or to anybody who might read it later.
bool is_plain(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view{"/_.,:=+@%-"}.find(c) != std::string_view::npos;
}
bool fits_quotes(char c) {
    return is_plain(c) || std::string_view{" !&()*;<>?[]^{|}~"}.find(c) != std::string_view::npos;
}

bool tells_of_event(const std::string& variable) { return variable.starts_with("DMEVENT_"); }

std::vector<std::pair<std::string, std::string>> lasting(const Program& program) {
    auto env = program.env;
    std::erase_if(env, [](const auto& variable) { return tells_of_event(variable.first); });
    std::sort(env.begin(), env.end());
    return env;
}

} // namespace

// The second lists the volume groups on no device at all, by which nearly all the code and memory of a
// command is there: see docs/performance.md.
const std::array<std::string_view, 3> first_lvm_lines{
    "#!lvm\n",
    "vgs -qq --config 'config{checks=0} devices{global_filter=[\"r|.*|\"] use_devicesfile=0 hints=\"none\"} "
    "global{use_lvmlockd=0 notify_dbus=0}'\n",
    "#\n"};

Program waiting_lvm(std::string path, std::vector<std::pair<std::string, std::string>> env) {
    Program program;
    program.argv = {std::move(path), "/proc/self/fd/0"};
    program.argv.resize(program.argv.size() + room);
    program.env = std::move(env);
    program.interruptible = false;
    return program;
}

std::optional<std::string> lvm_line(const std::vector<std::string>& argv) {
    if (argv.size() < 2 || argv.size() > most_arguments || !argv[0].ends_with("/lvm") ||
        std::find(std::begin(commands), std::end(commands), argv[1]) == std::end(commands))
        return std::nullopt;
    std::string line;
    for (auto argument = argv.begin() + 1; argument != argv.end(); ++argument) {
        if (!std::all_of(argument->begin(), argument->end(), fits_quotes)) return std::nullopt;
        const bool plain = !argument->empty() && std::all_of(argument->begin(), argument->end(), is_plain);
        if (!line.empty()) line += ' ';
        line += plain ? *argument : "'" + *argument + "'";
    }
    line += '\n';
    if (line.size() > longest_line) return std::nullopt;
    return line;
}

bool may_run(const Program& waiting, const Program& program) {
    return program.by_hook && program.as_self && waiting.as_self && !program.interruptible &&
           !program.argv.empty() && program.argv[0] == waiting.argv[0] && lvm_line(program.argv) &&
           lasting(program) == lasting(waiting);
}

} // namespace dmev
