// SPDX-License-Identifier: Apache-2.0
// A tracker that is told only what changed in a list concludes what one does that is told all of it.
#include <random>

#include "tracker_fixture.hpp"

namespace dmev {
namespace {

class TwoTrackers : public TrackerTest {
 protected:
    unsigned below(unsigned n) { return static_cast<unsigned>(random()) % n; }
    template <class F>
    void both(F f) {
        f(tracker);
        f(full);
    }
    FakeDevice* some() {
        if (kernel.empty()) return nullptr;
        return &std::next(kernel.begin(), below(static_cast<unsigned>(kernel.size())))->second;
    }
    void tell(std::uint32_t minor, const char* action) {
        if (below(4) == 0) return; // lost
        const auto said = uevent(minor, action);
        both([&](Tracker& t) { t.uevent(said); });
    }
    void change_something() {
        const auto minor = below(3);
        switch (below(6)) {
            case 0:
                if (kernel.contains(minor)) break;
                kernel[minor] = {"n", "u" + std::to_string(below(2)), ++diskseq};
                kernel[minor].claimed = below(2) == 0;
                tell(minor, "change");
                break;
            case 1:
                if (!kernel.contains(minor)) break;
                tell(minor, "remove");
                kernel.erase(minor);
                break;
            case 2:
                if (auto* device = some()) {
                    device->name = below(2) == 0 ? "n" : "r";
                    ++device->event_nr; // a rename is an event
                }
                break;
            case 3:
                if (kernel.contains(minor)) tell(minor, "change");
                break;
            case 4:
                both([](Tracker& t) {
                    if (t.due()) t.advance(*t.due());
                });
                break;
            default:
                if (auto* device = some()) ++device->event_nr;
        }
    }
    void list_both() {
        list();
        DeviceList fresh;
        fresh.take(devices.devices());
        full.listing();
        full.listed(fresh);
    }
    // Both must ask for the same, and be told the same.
    void ask() {
        const auto one = tracker.next_call(now), other = full.next_call(now);
        ASSERT_EQ(one.has_value(), other.has_value());
        if (!one) return;
        ASSERT_EQ(one->device, other->device);
        ASSERT_EQ(one->group_unknown, other->group_unknown);
        // Read now, or when the answer is on its way.
        asked.push_back({*one, *other, below(2) == 0 ? std::optional{answer(*one)} : std::nullopt});
    }
    void answer_one() {
        if (asked.empty()) return;
        const auto at = asked.begin() + below(static_cast<unsigned>(asked.size()));
        auto said = at->early ? *at->early : answer(at->one);
        tracker.replied(said, now);
        said.id = at->other.id;
        full.replied(said, now);
        asked.erase(at);
    }
    static Told lines(Tracker& t) {
        Told lines;
        for (const auto& what : t.take())
            lines.push_back(std::visit([](const auto& w) { return text(w); }, what));
        return lines;
    }

    std::mt19937 random{7};
    Tracker full;
    std::uint64_t diskseq = 0;
    struct Asked {
        ReadRequest one, other;
        std::optional<ReadReply> early;
    };
    std::vector<Asked> asked;
};

TEST_F(TwoTrackers, ConcludeTheSame) {
    std::size_t told = 0, lists = 0;
    for (int round = 0; round < 200'000; ++round) {
        now += std::chrono::milliseconds{below(30)};
        both([&](Tracker& t) { t.advance(now); });
        switch (below(4)) {
            case 0: change_something(); break;
            case 1:
                if (below(4) == 0) {
                    list_both();
                    ++lists;
                }
                break;
            case 2: ask(); break;
            default: answer_one();
        }
        ASSERT_EQ(tracker.wants_list(), full.wants_list()) << "round " << round;
        const auto said = lines(tracker);
        ASSERT_EQ(said, lines(full)) << "round " << round;
        told += said.size();
        if (HasFatalFailure()) return;
    }
    EXPECT_GT(told, 1000u);
    EXPECT_GT(lists, 1000u);
}

} // namespace
} // namespace dmev
