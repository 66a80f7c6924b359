// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "base/text.hpp"
#include "output/output.hpp"
#include "output/samples.hpp"

namespace dmev {
namespace {

std::vector<std::string> lines_of(const std::function<void(Output&)>& show) {
    std::vector<std::string> lines;
    show(*json_output([&](std::string&& line) { lines.push_back(std::move(line)); }));
    return lines;
}

TEST(EventJson, IsWhatTheContractShows) {
    EXPECT_EQ(
        event_json(test::low_water()),
        R"({"schema":"dmevent/1","id":"20260131T101502.123456789-11-1","time":"2026-01-31T10:15:02.123456789Z",)"
        R"("type":"thin.low_water","severity":"warning","state":"raised","initial":false,"source":"kernel",)"
        R"("message":"thin pool vg-pool: 240 of 1024 data blocks free",)"
        R"("device":{"name":"vg-pool","uuid":"LVM-x-tpool","major":253,"minor":1,"path":"/dev/dm-1"},)"
        R"("target":{"type":"thin-pool","index":0},"part":"","kernel":{"event_nr":1,"steps":1},)"
        R"("data":{"data_used":784,"data_percent":76.56}})");
}

TEST(EventJson, ShowsMarksAndTheUeventWhereThereAreSome) {
    const auto line = event_json(test::path_failed());
    EXPECT_NE(line.find(R"("initial":true,"repeat":true,"inferred":true,"source":"uevent")"),
              std::string::npos)
        << line;
    EXPECT_NE(
        line.find(R"("part":"8:32","uevent":{"action":"change","seqnum":1130,"dm_seqnum":1,)"
                  R"("dm_action":"PATH_FAILED"},"data":{"path":"8:32","volumes":["a b","c"],"offset":-3,)"
                  R"("queueing":true,"share":null}})"),
        std::string::npos)
        << line;
    EXPECT_EQ(line.find("\"kernel\""), std::string::npos);
}

TEST(EventJson, LeavesOutWhatThereIsNot) {
    EXPECT_EQ(
        event_json(test::overrun()),
        R"({"schema":"dmevent/1","id":"20260131T101503.000000000-0-2","time":"2026-01-31T10:15:03.000000000Z",)"
        R"("type":"monitor.overrun","severity":"warning","state":"happened","initial":false,"source":"resync",)"
        R"("message":"some uevents are lost","part":"","data":{}})");
}

TEST(EventJson, HostileBytesStayOneValidLine) {
    const auto line = event_json(test::hostile());
    EXPECT_TRUE(is_utf8(line));
    for (const char c : line) EXPECT_GE(static_cast<unsigned char>(c), 0x20);
    EXPECT_NE(
        line.find("\"device\":{\"name\":\"a\\\\x20b\xEF\xBF\xBD\\n\",\"display_name\":\"a b\xEF\xBF\xBD\\n\","
                  "\"name_hex\":\"615c78323062ff0a\",\"uuid\":\"u\xEF\xBF\xBD\",\"uuid_hex\":\"75fe\""),
        std::string::npos)
        << line;
}

TEST(JsonOutput, GivesOneObjectALine) {
    const auto events = lines_of([](Output& o) { o.event(test::overrun()); });
    EXPECT_EQ(events, std::vector{event_json(test::overrun()) + "\n"});
    EXPECT_TRUE(lines_of([](Output& o) { o.devices({}); }).empty());
}

TEST(JsonOutput, ShowsDevicesWithWhatHolds) {
    const auto lines = lines_of([](Output& o) { o.devices(test::devices()); });
    ASSERT_EQ(lines.size(), 2u);
    EXPECT_EQ(
        lines[0],
        R"({"schema":"dmevent-query/1","device":{"name":"vg-pool","uuid":"LVM-x-tpool","major":253,"minor":1,)"
        R"("path":"/dev/dm-1"},"event_nr":1,"suspended":true,"read_only":true,"targets":["thin-pool"],"conditions":[)"
        R"({"type":"thin.low_water","severity":"warning","part":"","target":{"type":"thin-pool","index":0},)"
        R"("since":"2026-01-31T10:15:02.123456789Z","message":"few blocks free","data":{"data_used":784,"data_percent":76.56}},)"
        R"({"type":"device.suspended_long","severity":"warning","part":"2","since":"2026-01-31T10:15:02.123456789Z",)"
        R"("message":"suspended","data":{}}]})"
        "\n");
    EXPECT_NE(
        lines[1].find(
            R"("event_nr":4294967295,"suspended":false,"read_only":false,"targets":[],"conditions":[]})"),
        std::string::npos);
}

TEST(JsonOutput, ListsEachTypeAndHookWithItsPlugin) {
    Catalogue catalogue;
    catalogue.add(test::thin_family());
    const auto lines = lines_of([&](Output& o) { o.catalogue(catalogue); });
    EXPECT_EQ(
        lines.at(lines.size() - 2),
        R"({"schema":"dmevent-catalogue/1","type":"thin.metadata_low_water","family":"thin","severity":"warning",)"
        R"("kind":"condition","alias":"","ends_as":"thin.recovered","targets":["thin-pool","thin"],"summary":"short",)"
        R"("help":"Extend the pool.","plugin":{"name":"thin","version":"0.1.0","file":"/plugins/thin.so"}})"
        "\n");
    EXPECT_EQ(lines.at(0).find("\"plugin\""), std::string::npos) << lines.at(0);
    EXPECT_EQ(
        lines.back(),
        R"({"schema":"dmevent-hook/1","hook":"thin.extend","family":"thin","help":"extends the pool by LVM's policy, )"
        R"(and by what is needed when that is more than the policy asks for","params":[)"
        R"({"name":"max_size","kind":"unsigned","required":false,"help":"in bytes; never beyond"},)"
        R"({"name":"why","kind":"text","required":true,"help":"said to whoever asks"}],)"
        R"("noop_if":"activation/thin_pool_autoextend_threshold=100","noop_unless":"max_size",)"
        R"("plugin":{"name":"thin","version":"0.1.0","file":"/plugins/thin.so"}})"
        "\n");
}

} // namespace
} // namespace dmev
