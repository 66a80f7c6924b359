// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <dmevent/plugin.hpp>

#include "libdm.hpp"
#include "status.hpp"

namespace {

using namespace testing_plugins;

std::string our_pool(const std::string& line) {
    const auto p = thin::Pool::parse(line);
    if (!p) return {};
    if (p->mode == thin::Pool::Mode::fail) return "Fail";
    if (p->mode == thin::Pool::Mode::error) return "Error";
    const int discard = p->discard == "ignore_discard" ? 0 : p->discard == "no_discard_passdown" ? 1 : 2;
    return fmt::format("{} {}/{} {}/{} {} {} {} {}", p->transaction_id, p->metadata_used, p->metadata_total,
                       p->data_used, p->data_total, p->mode_name(), discard, p->error_if_no_space,
                       p->needs_check.value_or(false));
}

std::string their_pool(const std::string& line) {
    const auto pool = make_pool();
    dm_status_thin_pool* s = nullptr;
    if (!dm_get_status_thin_pool(pool.get(), line.c_str(), &s) || !s) return {};
    if (s->error) return "Error";
    if (s->fail) return "Fail";
    const char* mode = s->out_of_data_space ? "out_of_data_space" : s->read_only ? "ro" : "rw";
    return fmt::format("{} {}/{} {}/{} {} {} {} {}", s->transaction_id, s->used_metadata_blocks,
                       s->total_metadata_blocks, s->used_data_blocks, s->total_data_blocks, mode,
                       static_cast<int>(s->discards), s->error_if_no_space != 0, s->needs_check != 0);
}

std::string our_volume(const std::string& line) {
    const auto v = thin::Volume::parse(line);
    if (!v) return {};
    if (v->state == thin::Volume::State::fail) return "Fail";
    return fmt::format("{} {}", v->mapped, v->highest.value_or(0));
}

std::string their_volume(const std::string& line) {
    const auto pool = make_pool();
    dm_status_thin* s = nullptr;
    if (!dm_get_status_thin(pool.get(), line.c_str(), &s) || !s) return {};
    return s->fail ? "Fail" : fmt::format("{} {}", s->mapped_sectors, s->highest_mapped_sector);
}

bool has_huge_number(const std::string& line) { return Grammar{"[0-9]{20}"}.matches(line); }

// In a reading of theirs, "id used/total used/total …".
bool uses_more_than_there_is(const std::string& reading) {
    dmevent::Words words{reading};
    words.word();
    const auto metadata = words.ratio(), data = words.ratio();
    return metadata.first > metadata.second || data.first > data.second;
}

TEST(ThinLibdm, PoolsAreReadAlike) {
    const Grammar grammar{
        "^ *[0-9]+ +[0-9]+/[0-9]+ +[0-9]+/[0-9]+ +([0-9]+|-)( +(rw|ro|out_of_data_space)( "
        "+(discard_passdown|no_discard_passdown|ignore_discard)( +(error_if_no_space|queue_if_no_space)( "
        "+(needs_check|-)( +[0-9]+( .*)?)?)?)?)?)? *$"};
    const Grammar beyond{" (needs_check|-) +[0-9]+ +[^ ]"}, ends_read_only{" ro$"},
        one_word{"^ *(Fail|Error) *$"};
    const std::vector<Difference> known{
        {"it asks for less than a line has, and finds words anywhere in what follows",
         [&](const auto& line, const auto& ours, const auto&) {
             return ours.empty() && !grammar.matches(line) && !one_word.matches(line);
         }},
        {"its numbers saturate where they do not fit",
         [&](const auto& line, const auto& ours, const auto&) {
             return ours.empty() && has_huge_number(line);
         }},
        {"it believes that more is used than there is",
         [&](const auto&, const auto& ours, const auto& theirs) {
             return ours.empty() && uses_more_than_there_is(theirs);
         }},
        {"it looks for its words in what later kernels may add",
         [&](const auto& line, const auto& ours, const auto&) {
             return !ours.empty() && grammar.matches(line) && beyond.matches(line);
         }},
        {"it needs a blank after ro, which the kernels without more words did not print",
         [&](const auto& line, const auto& ours, const auto&) {
             return !ours.empty() && ends_read_only.matches(line);
         }},
        {"it takes Fail or Error wherever they stand",
         [&](const auto& line, const auto&, const auto& theirs) {
             return !one_word.matches(line) && (theirs == "Fail" || theirs == "Error");
         }},
    };
    compare(lines_of(read_cases(CASES), "thin-pool"), 50'000, our_pool, their_pool, known);
}

TEST(ThinLibdm, VolumesAreReadAlike) {
    const Grammar grammar{"^ *[0-9]+ +([0-9]+|-)( .*)?$"}, dash{"-"}, one_word{"^ *(-|Fail|Error) *$"};
    const std::vector<Difference> known{
        {"it takes what is no status, when it begins well or has a - in it",
         [&](const auto& line, const auto& ours, const auto&) {
             return ours.empty() && !grammar.matches(line) && !one_word.matches(line);
         }},
        {"its numbers saturate where they do not fit",
         [&](const auto& line, const auto& ours, const auto&) {
             return ours.empty() && has_huge_number(line);
         }},
        {"a - anywhere means nothing is mapped",
         [&](const auto& line, const auto& ours, const auto& theirs) {
             return !ours.empty() && theirs == "0 0" && dash.matches(line);
         }},
        {"it does not know Error",
         [&](const auto& line, const auto& ours, const auto& theirs) {
             return one_word.matches(line) && ours == "0 0" && theirs.empty();
         }},
        {"it takes Fail wherever it stands",
         [&](const auto& line, const auto&, const auto& theirs) {
             return !one_word.matches(line) && theirs == "Fail";
         }},
    };
    compare(lines_of(read_cases(CASES), "thin"), 50'000, our_volume, their_volume, known);
}

} // namespace
