// SPDX-License-Identifier: Apache-2.0
// Rows of a ledger as they should be, with damage by chance. Whatever they say: the decider and the runner
// that take over come to rest, and start nothing beyond what their rule has and allows.
#include <set>

#include "action/job_note.hpp"
#include "action/runner.hpp"
#include "input.hpp"

using namespace dmev;

namespace {

RuleSettings rule(const char* name, const char* on) {
    RuleSettings r;
    r.name.text = name;
    r.on = {{on, {}}};
    r.cooldown = Millis{1000};
    r.max_runs = {3, Millis{60'000}};
    r.retry = RetrySettings{3, {Millis{100}, Millis{1000}}};
    r.remind = {RemindSettings::How::every, Millis{7000}};
    StepSettings step;
    step.in_place = ActionSettings{};
    step.in_place->exec = {{"/bin/true", {}}};
    r.steps.assign(2, step);
    return r;
}

std::shared_ptr<const Rulebook> book() {
    Settings settings;
    settings.rules = {rule("r", "device.*"), rule("w", "device.suspended_long")};
    settings.rules[1].hold = Millis{5000};
    Diagnostics diagnostics;
    auto out = std::make_shared<Rulebook>(compile(settings, Catalogue{}, diagnostics));
    promise(diagnostics.ok());
    return out;
}

Event event(std::string type, State state, Time now) {
    Event e;
    e.id = "e";
    e.time = now;
    e.type = std::move(type);
    e.state = state;
    e.device = DeviceId{"d", "", {253, 1}, 7};
    return e;
}

// All that one finds runs, and ends well when it is asked to.
class Fake : public Programs {
 public:
    Result<> start(const std::string& id, const Program& program) override {
        promise(program.argv.at(0) == "/bin/true" && running.insert(id).second);
        return {};
    }
    std::vector<Found> adopt() override {
        running.insert("left");
        return {{"left", write_note({}), true}};
    }
    Result<std::optional<Found>> claim(const std::string& id) override {
        if (id.size() % 2 || !running.insert(id).second) return std::optional<Found>{};
        return std::optional{Found{id, write_note({}), false}};
    }
    void done(const std::string&) override {}
    std::set<std::string> running;
};

// A decider and a runner, from the start to their rest.
class Pair {
 public:
    explicit Pair(Time now)
        : now_(now),
          decider_(book(), {[this](Firing&& f) { firings_.push_back(std::move(f)); },
                            [](const Rule&, const Event&, State) {},
                            [](const Event& e) { return std::optional{e}; },
                            {}}),
          runner_(
              loop_, programs_, {}, catalogue_, LimitSettings{},
              {[this] { return now_; }, [](const DeviceId&, std::uint32_t) { return std::nullopt; },
               [](const Event& e) { return std::optional{e}; }, [](DevNum, Time) {},
               [](const Event&) { return "{}"; }, [](Event&&) {},
               [this](std::uint64_t id, const Decider::Outcome& o) { return decider_.ended(id, o, now_); },
               [this] { note(); }}) {}

    void take(const Event& e) { decider_.take(e), pump(); }
    void pass(Millis time) { decider_.advance(now_ += time), pump(); }
    std::vector<Remembered> note() {
        auto rows = decider_.changed();
        for (auto& row : runner_.changed()) rows.push_back(std::move(row));
        return rows;
    }
    void take_over(const std::vector<Remembered>& rows) {
        auto restored = decider_.restore(rows, now_, std::chrono::hours{1});
        (void)runner_.restore(rows, std::move(restored.open));
        decider_.begin(now_);
        runner_.begin();
        (void)decider_.restore_late(rows, now_, std::chrono::hours{1});
        pump();
        promise(!decider_.due() || *decider_.due() > now_);
    }
    void come_to_rest() {
        for (int i = 0; i < 50; ++i) {
            for (const auto& id : std::exchange(programs_.running, {})) {
                Ended ended;
                ended.how = Ended::How::exited;
                runner_.ended(id, std::move(ended));
            }
            pump();
            if (programs_.running.empty()) {
                promise(runner_.idle());
                if (!decider_.due()) return;
                promise(*decider_.due() > now_);
                now_ = *decider_.due();
                decider_.advance(now_);
                pump();
            }
        }
    }

 private:
    void pump() {
        while (!firings_.empty())
            for (auto& f : std::exchange(firings_, {})) {
                promise(f.rule && f.attempt <= 3);
                runner_.run(std::move(f));
            }
    }
    Time now_;
    Loop loop_ = *Loop::create();
    Catalogue catalogue_;
    Fake programs_;
    std::vector<Firing> firings_;
    Decider decider_;
    Runner runner_;
};

// Rows of one that was killed with a run out, something waiting, and a window open.
std::vector<Remembered> sound(Time now) {
    Pair pair{now};
    pair.take(event("device.read_only", State::raised, now));
    pair.pass(Millis{1000});
    pair.take(event("device.renamed", State::happened, now + Millis{1000}));
    pair.take(event("device.suspended_long", State::raised, now + Millis{1000}));
    return pair.note();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const Time now{std::chrono::hours{1}};
    static const auto rows = sound(now);
    auto damaged = rows;
    // Each line: a place as two bytes, how much of it goes as one, and what is put there instead; in the
    // first row, then in the next.
    auto rest = view(data, size);
    for (std::size_t i = 0; !rest.empty(); ++i) {
        const auto line = next_line(rest);
        auto& value = damaged[i % damaged.size()].value;
        if (line.size() < 3) continue;
        const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(line[at]); };
        const auto place = (byte(0) * 256U + byte(1)) % (value.size() + 1);
        value.replace(place, byte(2), line.substr(3));
    }
    Pair pair{now + std::chrono::minutes{1}};
    pair.take_over(damaged);
    pair.come_to_rest();
    return 0;
}
