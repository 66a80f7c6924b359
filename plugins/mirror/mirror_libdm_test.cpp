// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cstring>
#include <dmevent/plugin.hpp>

#include "libdm.hpp"
#include "status.hpp"

namespace {

using namespace testing_plugins;

// "253:0" from "0253:00": a device by its numbers.
std::string device(std::string_view word) {
    const auto colon = word.find(':');
    return fmt::format("{}:{}", dmevent::Words{word.substr(0, colon)}.number(),
                       dmevent::Words{word.substr(colon + 1)}.number());
}

// Legs, ratio and letters: all but the log.
std::string but_log(const mirror::Status& s) {
    std::string legs;
    for (const auto leg : s.legs) legs += device(leg) + " ";
    return fmt::format("{}{}/{} {} ", legs, s.in_sync, s.regions, s.health);
}

std::string ours(const std::string& line) {
    const auto s = mirror::Status::parse(line);
    if (!s) return {};
    const auto log_device =
        s->log_health ? fmt::format(" {} {}", device(s->log_device), *s->log_health) : std::string{};
    return fmt::format("{}{}{}", but_log(*s), s->log, log_device);
}

// It puts any byte into its enumeration.
char letter(const void* health) {
    unsigned value = 0;
    std::memcpy(&value, health, sizeof value);
    return static_cast<char>(value);
}

std::string theirs(const std::string& line) {
    const auto pool = make_pool();
    dm_status_mirror* s = nullptr;
    auto padded = line;
    padded.resize(line.size() + 64); // it reads a letter for each leg, be there any or not
    if (!dm_get_status_mirror(pool.get(), padded.c_str(), &s) || !s) return {};
    std::string legs, health, logs;
    for (std::uint32_t i = 0; i < s->dev_count; ++i) {
        legs += fmt::format("{}:{} ", s->devs[i].major, s->devs[i].minor);
        health += letter(&s->devs[i].health);
    }
    for (std::uint32_t i = 0; i < s->log_count; ++i)
        logs += fmt::format(" {}:{} {}", s->logs[i].major, s->logs[i].minor, letter(&s->logs[i].health));
    return fmt::format("{}{}/{} {} {}{}", legs, s->insync_regions, s->total_regions, health, s->log_type,
                       logs);
}

// Are there fewer or more letters than legs?
bool letters_differ(const std::string& line) {
    dmevent::Words words{line};
    const auto legs = words.number();
    words.skip(legs + 1);
    words.word();
    return words.word().size() != legs;
}

TEST(MirrorLibdm, StatusesAreReadAlike) {
    const std::string head = "^ *[0-9]+( +[0-9]+:[0-9]+)+ +[0-9]+/[0-9]+";
    const Grammar grammar{(head + "( *| +0| +[1-9][0-9]* +[ADFSRU]+( .*)?)$").c_str()};
    const Grammar plain_log{(head + " +1 +[ADFSRU]+ +(1 [^ ]+|3 disk [0-9]+:[0-9]+ [ADF])$").c_str()};
    const Grammar huge{"[0-9]{10}"};
    const std::vector<Difference> known{
        {"it refuses more than 8 legs",
         [](const auto& line, const auto&, const auto& theirs) {
             const auto s = mirror::Status::parse(line);
             return s && s->legs.size() > 8 && theirs.empty();
         }},
        {"it needs the letters and the log, which older kernels do not print",
         [](const auto& line, const auto&, const auto&) {
             const auto s = mirror::Status::parse(line);
             return s && (s->health.empty() || s->log.empty());
         }},
        {"it knows the device of a log named disk alone",
         [&](const auto& line, const auto&, const auto& theirs) {
             const auto s = mirror::Status::parse(line);
             return s && s->log_health && s->log != "disk" && theirs.starts_with(but_log(*s));
         }},
        {"it takes the rest of the line for the log's name, and knows no userspace log",
         [&](const auto& line, const auto&, const auto& theirs) {
             const auto s = mirror::Status::parse(line);
             return s && !plain_log.matches(line) && (theirs.empty() || theirs.starts_with(but_log(*s)));
         }},
        {"it takes tabs and the like for blanks",
         [](const auto& line, const auto&, const auto&) {
             return line.find_first_of("\t\n\v\f\r") != line.npos;
         }},
        {"it takes any letters, as many as there are legs, and anything between and behind numbers",
         [&](const auto& line, const auto& ours, const auto&) {
             return ours.empty() && !grammar.matches(line);
         }},
        {"it takes letters for some legs, or none",
         [&](const auto& line, const auto& ours, const auto&) {
             return ours.empty() && grammar.matches(line) && letters_differ(line);
         }},
        {"it takes any log",
         [&](const auto& line, const auto& ours, const auto&) {
             return ours.empty() && grammar.matches(line) && !letters_differ(line) &&
                    !plain_log.matches(line);
         }},
        {"its numbers wrap where they do not fit",
         [&](const auto& line, const auto&, const auto&) { return huge.matches(line); }},
    };
    compare(lines_of(read_cases(CASES), "mirror"), 50'000, ours, theirs, known);
}

} // namespace
