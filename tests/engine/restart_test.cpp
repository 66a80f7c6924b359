// SPDX-License-Identifier: Apache-2.0
// A restart is no news. Each recording is cut after each of its observations: one engine goes on over the
// cut, another one is started there from what the first had remembered. Both read every device at the cut;
// from then on they must tell the same, word for word.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <set>

#include "plugin/library.hpp"
#include "restart_driver.hpp"
#include "source/recording.hpp"

namespace dmev {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using Observations = std::vector<Observation>;

struct Plugins {
    Plugins() {
        for (const char* name : {"mirror", "multipath", "raid", "thin"}) {
            auto plugin = open_library(fs::path{PLUGINS_DIR} / name / (std::string{name} + ".so"));
            if (!plugin) {
                ADD_FAILURE() << plugin.error().text();
                continue;
            }
            catalogue.add(plugin->family());
            list.push_back(std::move(*plugin));
        }
    }
    Catalogue catalogue;
    std::vector<Plugin> list;
};

Observations read(const fs::path& file) {
    Observations out;
    const auto result = replay(
        file, [&](Observation&& o) { out.push_back(std::move(o)); }, [](const Error&) {});
    EXPECT_TRUE(result);
    return out;
}

std::vector<fs::path> recordings() {
    const char* other = std::getenv("DMEVENT_RECORDINGS");
    std::vector<fs::path> out;
    for (const auto& entry : fs::directory_iterator{other ? other : RECORDINGS})
        if (entry.path().extension() == ".jsonl") out.push_back(entry.path());
    std::sort(out.begin(), out.end());
    return out;
}

class Restart : public testing::TestWithParam<fs::path> {
 protected:
    static const Plugins& plugins() {
        static const Plugins all;
        return all;
    }
    static std::unique_ptr<Life> life() {
        return std::make_unique<Life>(plugins().catalogue, plugins().list);
    }
    static void rest(Life& life, const Observations& all, std::size_t from) {
        for (auto i = from; i < all.size(); ++i) life.observe(all[i]);
        life.engine.finish();
    }

    // False when at this place no restart can be compared.
    static bool compare(const Observations& all, std::size_t cut) {
        const auto before = life();
        Rows rows;
        for (std::size_t i = 0; i < cut; ++i) {
            before->observe(all[i]);
            rows.take(before->engine.changed());
        }
        before->now += 10ms; // a batch is over
        before->engine.advance(before->now);
        rows.take(before->engine.changed());

        const auto after = life();
        const auto errors = after->engine.restore(rows.all());
        EXPECT_TRUE(errors.empty()) << errors[0].text();
        after->now = before->now;
        after->last = before->last;

        auto& on = *before;
        std::set<std::string> ids;
        for (const auto& e : on.events) EXPECT_TRUE(ids.insert(e.id).second);
        on.events.clear();
        if (!on.read_all(Why::poll)) return false;
        if (!after->read_all(Why::start)) return false;
        rest(on, all, cut);
        rest(*after, all, cut);

        for (std::size_t i = 0; i < std::max(on.events.size(), after->events.size()); ++i) {
            EXPECT_LT(i, on.events.size()) << "told by the successor alone: " << event_json(after->events[i]);
            EXPECT_LT(i, after->events.size()) << "not told by the successor: " << event_json(on.events[i]);
            if (testing::Test::HasFailure()) return true;
            EXPECT_EQ(essence(on.events[i]), essence(after->events[i]));
        }
        for (const auto& e : after->events) EXPECT_TRUE(ids.insert(e.id).second) << e.id;
        EXPECT_EQ(on.holding(), after->holding());
        return true;
    }
};

TEST_P(Restart, IsNoNews) {
    const auto all = read(GetParam());
    const auto baseline = std::find_if(
        all.begin(), all.end(), [](const auto& o) { return std::holds_alternative<BaselineDone>(o.what); });
    const auto first = baseline == all.end() ? 1 : static_cast<std::size_t>(baseline - all.begin()) + 1;
    std::size_t compared = 0;
    for (auto cut = first; cut <= all.size() && !HasFailure(); ++cut) {
        SCOPED_TRACE("cut after line " + std::to_string(cut));
        compared += compare(all, cut);
    }
    EXPECT_GT(compared, 0u);
}

// Wherever it is cut, and though a batch of uevents is lost: in the end the same is so.
TEST_P(Restart, EndsInTheSameConditions) {
    const auto all = read(GetParam());
    const auto whole = life();
    rest(*whole, all, 0);
    const auto shown = [](const Life& life) {
        std::set<std::string> out;
        for (const auto& device : life.engine.devices())
            for (const auto& h : device.holding) out.insert(device.id.name + " " + h.type + " " + h.part);
        return out;
    };
    for (std::size_t cut = 1; cut < all.size() && !HasFailure(); ++cut) {
        SCOPED_TRACE("cut after line " + std::to_string(cut));
        const auto before = life();
        for (std::size_t i = 0; i < cut; ++i) before->observe(all[i]);
        const auto after = life();
        EXPECT_TRUE(after->engine.restore(before->engine.changed()).empty());
        after->now = before->now;
        after->last = before->last;
        if (!after->read_all(Why::start)) continue;
        rest(*after, all, cut);
        EXPECT_EQ(shown(*whole), shown(*after));
    }
}

INSTANTIATE_TEST_SUITE_P(Recorded, Restart, testing::ValuesIn(recordings()), [](const auto& instance) {
    auto name = instance.param.stem().native();
    for (auto& c : name)
        if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
    return name;
});

} // namespace
} // namespace dmev
