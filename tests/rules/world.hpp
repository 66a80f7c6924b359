// SPDX-License-Identifier: Apache-2.0
// A decider in a world where conditions begin and end; time is seconds. What it starts is shown as lines:
//   "SECONDS RULE TYPE[ PART][ on DEVICE]: BECAUSE[ +COALESCED][ attempt N][ steps ..]"
#pragma once
#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <tuple>

#include "rules/batch.hpp"
#include "rules/decider.hpp"
#include "support.hpp"

namespace dmev {

using namespace std::chrono_literals;

inline Time at_second(double seconds) {
    return Time{std::chrono::seconds{1'700'000'000}} +
           std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
}
inline double second_of(Time t) { return std::chrono::duration<double>(t - at_second(0)).count(); }
inline std::string shown(double number) {
    auto text = std::to_string(number);
    text.erase(text.find_last_not_of('0') + 1);
    if (text.ends_with('.')) text.pop_back();
    return text;
}

class World : public Writer {
 public:
    // With the rules written so far; everything must be right with them.
    World& start() {
        decider_ = std::make_unique<Decider>(book(), ports());
        return *this;
    }
    World& reload() {
        decider_->reload(book(), at_second(now_));
        return *this;
    }
    // Writes down what changed() tells.
    World& note() {
        for (auto& row : decider_->changed()) {
            if (row.kind == "lane") noted.push_back(row.key + (row.value.empty() ? " -" : ""));
            auto& kept = row.kind == "lane" ? rows : rules;
            if (row.value.empty())
                kept.erase(row.key);
            else
                kept.insert_or_assign(row.key, row);
        }
        return *this;
    }
    std::vector<Remembered> ledger() const {
        std::vector<Remembered> all;
        for (const auto& [key, row] : rows) all.push_back(row);
        for (const auto& [key, row] : rules) all.push_back(row);
        return all;
    }
    // Ours is killed; one with the rules written so far takes over from what was written down.
    World& die() {
        decider_ = std::make_unique<Decider>(book(), ports());
        auto restored = decider_->restore(ledger(), at_second(now_), stale_after);
        open_.clear();
        out.clear();
        resumed.clear();
        for (auto& firing : restored.open) {
            open_.push_back(firing.id);
            resumed.push_back(line(firing));
            out.push_back(std::move(firing));
        }
        for (const auto& [rule, about] : restored.suspended)
            resumed.push_back(rule->settings.name.text + " suspended by " + about.id);
        bad = std::move(restored.bad);
        return *this;
    }
    World& begin() {
        decider_->begin(at_second(now_));
        return *this;
    }
    World& restart() { return note().die().begin(); }
    // Another boot, whose ledger is empty: the rows come late. What conditions held is up to the test.
    World& reboot() {
        note();
        const auto disk = ledger();
        rows.clear();
        rules.clear();
        die().begin();
        bad = decider_->restore_late(disk, at_second(now_), stale_after);
        return *this;
    }
    World& sleep(double seconds) { // while nobody watches
        now_ += seconds;
        return *this;
    }
    std::shared_ptr<const Rulebook> book() {
        Diagnostics diagnostics;
        auto compiled = std::make_shared<Rulebook>(compile(settings, catalogue_, diagnostics));
        for (const auto& e : diagnostics.errors) ADD_FAILURE() << e.text();
        return compiled;
    }

    // Goes on as a loop would: whatever is due meanwhile happens at its time.
    World& at(double seconds) {
        while (decider_->due() && *decider_->due() <= at_second(seconds)) {
            const auto due = *decider_->due();
            EXPECT_GE(due, at_second(now_)) << "due in the past";
            now_ = std::max(now_, second_of(due));
            decider_->advance(due);
            EXPECT_TRUE(!decider_->due() || *decider_->due() > due) << "due again at once";
        }
        now_ = seconds;
        decider_->advance(at_second(seconds));
        return *this;
    }
    World& after(double seconds) { return at(now_ + seconds); }

    Event event(const std::string& type, State state, const std::string& part = "") {
        Event e;
        e.id = "e" + std::to_string(++events_);
        e.time = at_second(now_);
        e.type = type;
        e.state = state;
        e.severity = Severity::warning;
        e.source = "kernel";
        if (minor_ >= 0)
            e.device =
                DeviceId{"dev" + std::to_string(minor_), "", {253, static_cast<std::uint32_t>(minor_)}, 7};
        if (minor_ >= 0) e.target = EventTarget{"toy", 0};
        e.part = part;
        return e;
    }
    World& take(const Event& e) {
        decider_->take(e);
        return *this;
    }
    World& raise(const std::string& type, const std::string& part = "") {
        const auto e = event(type, State::raised, part);
        holds_[{minor_, type, part}] = e;
        return take(e);
    }
    World& end(const std::string& type, const std::string& part = "") {
        holds_.erase({minor_, type, part});
        return take(event(type, State::cleared, part));
    }
    // Ends without a word of its own: as another type.
    World& end_as(const std::string& type, const std::string& other, const std::string& part = "") {
        holds_.erase({minor_, type, part});
        return take(event(other, State::happened, part));
    }
    World& forget(const std::string& type, const std::string& part = "") {
        holds_.erase({minor_, type, part});
        return *this;
    }
    World& happen(const std::string& type, const std::string& part = "") {
        return take(event(type, State::happened, part));
    }
    // What follows is about this device; below 0: about none.
    World& on(int minor) {
        minor_ = minor;
        return *this;
    }

    // The oldest run that is out ends.
    World& done() {
        finish({});
        return *this;
    }
    // Gives the second of the next attempt, or -1.
    double fail(std::vector<std::uint32_t> steps = {0}) { return finish({std::move(steps), false}); }

    Words take_fired() { return std::exchange(fired, {}); }
    std::size_t open() const { return open_.size(); }
    std::size_t holding() const { return holds_.size(); }
    Decider& decider() { return *decider_; }
    double now() const { return now_; }

    Words fired, suspensions, verdicts, subjects; // SUBJECTS: the type and device of each verdict
    std::map<std::string, Remembered> rows;       // what was written down: of lanes
    std::map<std::string, Remembered> rules;      // and of rules
    Words noted, resumed;                         // keys; and runs and suspensions that a successor found
    std::vector<Error> bad;
    Millis stale_after = 1h;
    std::deque<Firing> out; // all firings that are out, oldest first
    bool explain = false;

 private:
    double finish(const Decider::Outcome& outcome) {
        if (open_.empty()) {
            ADD_FAILURE() << "nothing is out";
            return -1;
        }
        const auto id = open_.front();
        open_.pop_front();
        out.pop_front();
        const auto again = decider_->ended(id, outcome, at_second(now_));
        return again ? second_of(*again) : -1;
    }

    Decider::Ports ports() {
        Decider::Ports ports;
        ports.fire = [this](Firing&& f) {
            fired.push_back(line(f));
            open_.push_back(f.id);
            out.push_back(std::move(f));
        };
        ports.suspended = [this](const Rule& rule, const Event& about, State state) {
            suspensions.push_back(shown(now_) + " " + rule.settings.name.text + " " + state_name(state) +
                                  " by " + about.id);
        };
        ports.current = [this](const Event& e) -> std::optional<Event> {
            const auto it =
                holds_.find({e.device ? static_cast<int>(e.device->number.minor) : -1, e.type, e.part});
            if (it == holds_.end()) return std::nullopt;
            return it->second;
        };
        ports.standing = [this] {
            std::vector<Event> events;
            for (const auto& [key, e] : holds_) events.push_back(e);
            return events;
        };
        ports.every_rule = explain;
        if (explain)
            ports.verdict = [this](const Verdict& v) {
                const char* const what = v.what == Verdict::What::fires   ? "fires: "
                                         : v.what == Verdict::What::waits ? "waits: "
                                                                          : "";
                verdicts.push_back(v.event_id + " " + v.rule->settings.name.text + ": " + what + v.why +
                                   (v.until ? " until " + shown(second_of(*v.until)) : ""));
                subjects.push_back(v.event_type + " on " + v.device);
            };
        return ports;
    }

    std::string line(const Firing& f) const {
        auto out_line = shown(now_) + " " + f.rule->settings.name.text + " " + f.event.type;
        if (!f.event.part.empty()) out_line += " " + f.event.part;
        if (f.event.device && f.event.device->number.minor != 0) out_line += " on " + f.event.device->name;
        out_line += ": " + f.because;
        if (f.coalesced) out_line += " +" + std::to_string(f.coalesced);
        if (f.attempt > 1) out_line += " attempt " + std::to_string(f.attempt);
        if (f.steps.size() != f.rule->steps.size()) {
            out_line += " steps";
            for (const auto step : f.steps) out_line += " " + std::to_string(step);
        }
        return out_line;
    }

    Catalogue catalogue_ = test_catalogue();
    std::unique_ptr<Decider> decider_;
    std::map<std::tuple<int, std::string, std::string>, Event> holds_;
    std::deque<std::uint64_t> open_;
    double now_ = 0;
    int minor_ = 0, events_ = 0;
};

} // namespace dmev
