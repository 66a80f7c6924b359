// SPDX-License-Identifier: Apache-2.0
#include "store/past.hpp"

#include <sys/fsuid.h>
#include <sys/stat.h>

#include "helper.hpp"
#include "history_support.hpp"
#include "store/database.hpp"

namespace dmev {
namespace {

using Ids = std::vector<std::string>;

std::string id(int n) { return event_of(n).id; }

struct PastTest : testing::Test {
    const TemporaryDirectory directory{"/var/tmp"};
    const std::string file = directory / "history.db";

    // 0..3 of one device, 4 of another, 5 of the program itself.
    void SetUp() override {
        Watched w{file};
        w.history->event(event_of(0, "thin.low_water", Severity::warning));
        w.history->event(event_of(1, "thin.overflow", Severity::critical));
        w.history->decision(event_of(1).time, id(1), R"({"rule":"grow"})");
        w.history->event(event_of(2, "action.finished", Severity::info));
        w.history->decision(event_of(1).time, id(0), R"({"rule":"late"})");
        w.history->event(event_of(3, "thin.recovered", Severity::notice));
        w.history->event(event_of(4, "raid.failed", Severity::critical, "array"));
        auto own = event_of(5, "monitor.overrun", Severity::warning);
        own.device.reset();
        w.history->event(own);
        ASSERT_TRUE(w.history->drain(60s));
    }
    Ids ids(const PastQuery& query) { return ids_of(past_of(file, query)); }
};

TEST_F(PastTest, EverythingInOrder) { EXPECT_EQ(ids({}), (Ids{id(0), id(1), id(2), id(3), id(4), id(5)})); }

TEST_F(PastTest, NewestAreTheLast) {
    PastQuery query;
    query.last = 2;
    EXPECT_EQ(ids(query), (Ids{id(4), id(5)}));
    query.last = 0;
    EXPECT_EQ(ids(query), Ids{});
    query.last = SIZE_MAX;
    EXPECT_EQ(ids(query).size(), 6u);
}

TEST_F(PastTest, TimesAreInclusive) {
    PastQuery query;
    query.since = event_of(1).time;
    query.until = event_of(3).time;
    EXPECT_EQ(ids(query), (Ids{id(1), id(2), id(3)}));
    query.since = *query.until + 1ns;
    EXPECT_EQ(ids(query), Ids{});
}

TEST_F(PastTest, DevicesByNameUuidOrGlob) {
    PastQuery query;
    for (const auto* glob : {"array", "arr*", "LVM-array", "*-arra?"}) {
        query.devices = {glob};
        EXPECT_EQ(ids(query), Ids{id(4)}) << glob;
    }
    query.devices = {"nothing", "vg-*"};
    EXPECT_EQ(ids(query), (Ids{id(0), id(1), id(2), id(3)}));
    query.devices = {"arra"};
    EXPECT_EQ(ids(query), Ids{});
}

TEST_F(PastTest, SeverityAndWishes) {
    PastQuery query;
    query.least = Severity::critical;
    EXPECT_EQ(ids(query), (Ids{id(1), id(4)}));
    query.wants = [](std::string_view type, std::string_view name, std::string_view uuid) {
        return type == "raid.failed" && name == "array" && uuid == "LVM-array";
    };
    query.last = 1;
    EXPECT_EQ(ids(query), Ids{id(4)});
    query.wants = [](std::string_view type, std::string_view name, std::string_view) {
        return type.starts_with("monitor.") && name.empty();
    };
    query.least = Severity::info;
    EXPECT_EQ(ids(query), Ids{id(5)});
}

TEST_F(PastTest, DecisionsOfTheEventsThatAreTold) {
    PastQuery query;
    query.decisions = true;
    EXPECT_EQ(ids(query).size(), 8u);
    query.wants = [](std::string_view type, std::string_view, std::string_view) {
        return type == "thin.overflow";
    };
    const auto rows = past_of(file, query);
    ASSERT_EQ(rows.size(), 2u);
    EXPECT_EQ(rows[1].kind, PastRow::Kind::decision);
    EXPECT_EQ(rows[1].json, R"({"rule":"grow"})");
}

TEST_F(PastTest, ReaderStopsWhenItHasEnough) {
    int rows = 0;
    const auto r = read_past(file, {}, [&](const PastRow&) { return ++rows < 3; });
    EXPECT_TRUE(r && *r);
    EXPECT_EQ(rows, 3);
}

TEST_F(PastTest, MissingFileIsNoError) {
    const auto r = read_past(directory / "none.db", {}, [](const PastRow&) { return true; });
    ASSERT_TRUE(r);
    EXPECT_FALSE(*r);
}

TEST_F(PastTest, OtherFilesAreNamed) {
    const auto text = directory / "notes.txt";
    write_file(text, "Dear diary, " + std::string(5000, 'x'));
    for (const auto& name : {text, directory.path}) {
        const auto r = read_past(name, {}, [](const PastRow&) { return true; });
        ASSERT_FALSE(r) << name;
        EXPECT_NE(r.error().text().find("cannot read the history " + name), std::string::npos)
            << r.error().text();
        EXPECT_NE(r.error().remedy.find("--history"), std::string::npos) << r.error().text();
    }
}

TEST_F(PastTest, OneThatIsJustBeingMadeHasNothing) {
    const auto empty = directory / "empty.db";
    write_file(empty, "");
    EXPECT_TRUE(past_of(empty).empty());
    EXPECT_EQ(std::filesystem::file_size(empty), 0u);
}

TEST_F(PastTest, OtherVersionsAndDamageAreToldApart) {
    const std::pair<std::string, std::string> versions[] = {{"0", "an older version"},
                                                            {"2", "a newer version"}};
    for (const auto& [version, words] : versions) {
        const auto other = directory / "other.db";
        std::filesystem::copy_file(file, other, std::filesystem::copy_options::overwrite_existing);
        Database database;
        ASSERT_TRUE(database.open(other, Database::Access::write, 1s));
        ASSERT_TRUE(database.exec(("PRAGMA user_version=" + version).c_str()));
        database.close();
        const auto r = read_past(other, {}, [](const PastRow&) { return true; });
        ASSERT_FALSE(r);
        EXPECT_NE(r.error().why.find(words), std::string::npos) << r.error().text();
        EXPECT_NE(r.error().remedy, "");
    }
    const auto cut = directory / "cut.db";
    write_file(cut, read_file(file).substr(0, 10'000));
    const auto r = read_past(cut, {}, [](const PastRow&) { return true; });
    ASSERT_FALSE(r);
    EXPECT_NE(r.error().remedy.find(".recover"), std::string::npos) << r.error().text();
}

TEST_F(PastTest, CopyOnAReadOnlyPlaceCanBeRead) {
    ASSERT_EQ(chmod(file.c_str(), 0444), 0);
    ASSERT_EQ(chmod(directory.path.c_str(), 0555), 0);
    constexpr uid_t nobody = 65534; // root would be above the modes
    const bool root = geteuid() == 0;
    if (root) setfsuid(nobody);
    EXPECT_EQ(ids({}).size(), 6u);
    if (root) setfsuid(0);
    ASSERT_EQ(chmod(directory.path.c_str(), 0755), 0);
    for (const auto& entry : std::filesystem::directory_iterator{directory.path})
        EXPECT_EQ(entry.path().filename(), "history.db");
}

// Who wrote it was cut off, and nothing can be put in order there.
TEST_F(PastTest, CopyWithALogOnAReadOnlyPlaceIsToBeCopied) {
    const auto place = directory / "place";
    std::filesystem::create_directory(place);
    in_killed_process([&] {
        Watched w{file};
        w.history->event(event_of(6));
        ASSERT_TRUE(w.until_written(1));
        raise(SIGKILL); // nothing is closed
    });
    for (const auto* name : {"history.db", "history.db-wal"}) {
        std::filesystem::copy_file(directory / name, place + "/" + name);
        ASSERT_EQ(chmod((place + "/" + name).c_str(), 0444), 0);
    }
    const auto copy = place + "/history.db";
    ASSERT_EQ(chmod(place.c_str(), 0555), 0);
    ASSERT_EQ(chmod(directory.path.c_str(), 0755), 0);
    constexpr uid_t nobody = 65534; // root would be above the modes
    const bool root = geteuid() == 0;
    if (root) setfsuid(nobody);
    const auto r = read_past(copy, {}, [](const PastRow&) { return true; });
    if (root) setfsuid(0);
    ASSERT_EQ(chmod(place.c_str(), 0755), 0);
    ASSERT_FALSE(r);
    EXPECT_NE(r.error().remedy.find("copy it with its -wal file"), std::string::npos) << r.error().text();
    EXPECT_EQ(past_of(copy).size(), 7u);
}

// Each line that is read while it is written is whole, and none of those that were counted is missing.
TEST_F(PastTest, ReadsWhileAnotherWrites) {
    const auto busy = directory / "busy.db";
    Helper writer{{"flood", busy, kBoot}};
    while (std::stoull(writer.line()) == 0) {
    } // the file is there
    for (int i = 0; i < 5; ++i) {
        const auto counted = std::stoull(writer.line());
        const auto rows = past_of(busy);
        EXPECT_GE(rows.size(), counted);
        for (std::size_t n = 0; n < rows.size(); ++n) ASSERT_EQ(rows[n].id, std::to_string(n));
    }
    kill(writer.pid(), SIGKILL);
}

} // namespace
} // namespace dmev
