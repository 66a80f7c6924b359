// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <dmevent/plugin.hpp>

#include "libdm.hpp"
#include "status.hpp"

namespace {

using namespace testing_plugins;

std::string ours(const std::string& line) {
    const auto s = raid::Status::parse(line);
    if (!s) return {};
    return fmt::format("{} {} {} {}/{} {} {}", s->type, s->devices, s->health, s->progress, s->total,
                       s->mismatches.value_or(0), s->data_offset.value_or(0));
}

// libdevmapper takes as many letters as there are into a buffer for as many as were announced (which real
// lines exceed while a reshape is pending), allocates for as many as a line may announce, measures words by
// the one blank that follows them, and compares the action of a full ratio beside an `a` though before
// version 1.5 there is none. On such lines it would crash or overwrite our memory: it is not asked.
const char* const kNotAsked = "would crash";
bool would_crash(const std::string& line) {
    static const Grammar blanks{"^ |  |[\t\n\v\f\r]"};
    dmevent::Words words{line};
    words.word();
    const auto devices = words.number();
    const auto letters = words.word();
    words.word();
    if (blanks.matches(line) || !words.ok() || devices > raid::kMaxLegs || letters.size() > devices)
        return true;
    if (!words.more()) return letters.find('a') != letters.npos;
    words.word();
    return !words.more(); // the action ends the line
}

std::string theirs(const std::string& line) {
    if (would_crash(line)) return kNotAsked;
    const auto pool = make_pool();
    dm_status_raid* s = nullptr;
    if (!dm_get_status_raid(pool.get(), line.c_str(), &s) || !s) return {};
    return fmt::format("{} {} {} {}/{} {} {}", s->raid_type, s->dev_count, s->dev_health, s->insync_regions,
                       s->total_regions, s->mismatch_count, s->data_offset);
}

TEST(RaidLibdm, StatusesAreReadAlike) {
    const Grammar grammar{
        "^ *raid[^ ]* +[0-9]+ +[AaD-]{1,253} +[0-9]+/[0-9]+( +[^ ]+( +[0-9]+( +[0-9]+( +[AaD-]( .*)?)?)?)?)? "
        "*$"};
    const Grammar huge{"[0-9]{20}"};
    const std::vector<Difference> known{
        {"it is not asked about lines that make it crash",
         [&](const auto&, const auto&, const auto& theirs) { return theirs == kNotAsked; }},
        {"it takes any letters, any type, and numbers with a tail",
         [&](const auto& line, const auto& ours, const auto&) {
             return ours.empty() && !grammar.matches(line);
         }},
        {"its numbers saturate where they do not fit",
         [&](const auto& line, const auto& ours, const auto&) { return ours.empty() && huge.matches(line); }},
        {"it believes in more progress than there is to do",
         [&](const auto& line, const auto& ours, const auto&) {
             dmevent::Words words{line};
             words.skip(3);
             const auto ratio = words.ratio();
             return ours.empty() && ratio.first > ratio.second;
         }},
        {"it takes a blank at the end for one more word, and misses that",
         [&](const auto& line, const auto& ours, const auto& theirs) {
             return line.ends_with(' ') && !ours.empty() && theirs.empty();
         }},
        {"it takes a sector off a full ratio while a leg is not in sync; we go by the letters",
         [&](const auto& line, const auto& ours, const auto& theirs) {
             const auto s = raid::Status::parse(line);
             return s && s->full() && s->has('a') && ours != theirs &&
                    theirs.find(fmt::format(" {}/{} ", s->progress - 1, s->total)) != theirs.npos;
         }},
    };
    compare(lines_of(read_cases(CASES), "raid"), 50'000, ours, theirs, known);
}

} // namespace
