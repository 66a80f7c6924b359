// SPDX-License-Identifier: Apache-2.0
// Rules, events, time, ends of runs and deaths of the decider, all by chance. Whatever comes: one run at a
// time for a rule and device, never more than max_runs, nothing due in the past, no first run twice for one
// event, and what still holds in the end was run for, by changed rules anew. A successor knows all that
// changed() told.
#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "input.hpp"
#include "rules/decider.hpp"

using namespace dmev;

namespace {

class Bytes {
 public:
    Bytes(const std::uint8_t* data, std::size_t size) : at_(data), end_(data + size) {}
    bool more() const { return at_ != end_; }
    unsigned next(unsigned below) { return more() ? *at_++ % below : 0; }

 private:
    const std::uint8_t* at_;
    const std::uint8_t* end_;
};

constexpr const char* kTypes[] = {"device.read_only", "device.suspended_long", "device.unresponsive",
                                  "device.renamed"};
constexpr const char* kUnresponsive = kTypes[2]; // ends as device.responsive
constexpr const char* kHappening = kTypes[3];

using Condition = std::tuple<unsigned, std::string, std::string>; // device, type, part
using Place = std::pair<std::string, unsigned>;                   // rule, device

class Play {
 public:
    explicit Play(Bytes bytes) : bytes_(bytes) {
        const auto count = 1 + bytes_.next(3);
        for (unsigned i = 0; i < count; ++i) settings_.rules.push_back(rule("r" + std::to_string(i)));
        decider_ = std::make_unique<Decider>(book(), ports());
    }

    void run() {
        while (bytes_.more()) {
            ++step_;
            step();
            promise(!decider_->due() || *decider_->due() > now_);
        }
        come_to_rest();
    }

 private:
    Decider::Ports ports() {
        Decider::Ports ports;
        ports.fire = [this](Firing&& f) { fired(f); };
        ports.suspended = [this](const Rule& rule, const Event& about, State state) {
            const Place place{rule.settings.name.text, device_of(about)};
            promise(state == State::raised ? suspended_.insert(place).second : suspended_.erase(place) == 1);
        };
        ports.current = [this](const Event& e) -> std::optional<Event> {
            const auto it = holds_.find({device_of(e), e.type, e.part});
            return it == holds_.end() ? std::nullopt : std::optional{it->second.first};
        };
        ports.standing = [this] {
            std::vector<Event> events;
            for (const auto& [condition, held] : holds_) events.push_back(held.first);
            return events;
        };
        ports.verdict = [](const Verdict& v) { promise(v.rule && !v.why.empty() && !v.event_id.empty()); };
        return ports;
    }

    RuleSettings rule(const std::string& name) {
        RuleSettings r;
        r.name.text = name;
        const auto hold = bytes_.next(3);
        r.hold = Millis{hold * 3000};
        for (const auto* type : kTypes)
            if (bytes_.next(4) && !(hold && type == kHappening)) r.on.push_back({type, {}});
        r.cooldown = Millis{bytes_.next(3) * 5000};
        if (bytes_.next(2)) r.max_runs = {1 + bytes_.next(3), Millis{10'000}};
        if (bytes_.next(2))
            r.retry = RetrySettings{1 + bytes_.next(4), {Millis{bytes_.next(3) * 500}, Millis{4000}}};
        r.remind = {static_cast<RemindSettings::How>(bytes_.next(3)), Millis{7000}};
        StepSettings log;
        log.in_place = ActionSettings{};
        log.in_place->log = LogSettings{};
        r.steps.assign(2, log);
        return r;
    }

    std::shared_ptr<const Rulebook> book() const {
        Diagnostics diagnostics;
        auto out = std::make_shared<Rulebook>(compile(settings_, catalogue_, diagnostics));
        promise(diagnostics.ok());
        return out;
    }

    static unsigned device_of(const Event& e) { return e.device->number.minor; }

    Event event(unsigned device, std::string type, State state, std::string part) {
        Event e;
        e.id = std::to_string(++events_);
        e.time = now_;
        e.type = std::move(type);
        e.state = state;
        e.part = std::move(part);
        e.device = DeviceId{"d" + std::to_string(device), "", {253, device}, {}};
        return e;
    }

    void step() {
        const auto what = bytes_.next(19);
        const auto device = bytes_.next(3);
        const std::string part = bytes_.next(2) ? "1" : "";
        const std::string type = kTypes[bytes_.next(4)];
        const Condition key{device, type, part};
        if (what < 6 && type != kHappening) {
            const auto e = event(device, type, State::raised, part);
            holds_[key] = {e, step_};
            decider_->take(e);
        } else if (what < 6) {
            decider_->take(event(device, type, State::happened, part));
        } else if (what < 9) {
            if (!holds_.erase(key)) return;
            if (type == kUnresponsive)
                decider_->take(event(device, "device.responsive", State::happened, part));
            else if (bytes_.next(4)) // else nobody tells
                decider_->take(event(device, type, State::cleared, part));
        } else if (what < 11) {
            now_ += std::chrono::milliseconds{1 + bytes_.next(256) * 50};
            decider_->advance(now_);
        } else if (what < 14) {
            end_one(bytes_.next(3));
        } else if (what < 15) {
            std::erase_if(holds_, [&](const auto& held) { return std::get<0>(held.first) == device; });
            std::erase_if(starts_, [&](const auto& start) { return start.first.second == device; });
            decider_->take(event(device, "device.removed", State::happened, ""));
        } else if (what < 16) {
            reload(bytes_.next(2));
        } else if (what < 17) {
            note();
        } else {
            restart(bytes_.next(8) == 0);
        }
    }

    void note() {
        for (auto& row : decider_->changed()) {
            promise((row.kind == "lane" || row.kind == "rule") && !row.key.empty());
            if (row.value.empty())
                promise(rows_.erase({row.kind, row.key}) == 1);
            else
                rows_.insert_or_assign(std::pair{row.kind, row.key}, row);
        }
        promise(decider_->changed().empty());
    }

    // It is killed; time goes on, and nobody hears of what ends meanwhile.
    void restart(bool change) {
        note();
        if (change) change_rule();
        now_ += std::chrono::milliseconds{bytes_.next(64) * 50};
        if (bytes_.next(2) && !holds_.empty()) holds_.erase(holds_.begin());
        decider_ = std::make_unique<Decider>(book(), ports());
        std::vector<Remembered> rows;
        for (const auto& [key, row] : rows_) rows.push_back(row);
        const auto restored = decider_->restore(rows, now_, std::chrono::hours{24});
        promise(restored.bad.empty() && restored.open.size() == open_.size());
        for (const auto& f : restored.open) {
            const auto it = open_.find({f.rule->settings.name.text, device_of(f.event)});
            promise(it != open_.end() && it->second == f.id);
        }
        for (const auto& [rule, about] : restored.suspended)
            promise(suspended_.contains({rule->settings.name.text, device_of(about)}));
        promise(!decider_->due());
        decider_->begin(now_);
    }

    void end_one(unsigned how) {
        if (open_.empty()) return;
        const auto it = open_.begin();
        const auto id = it->second;
        open_.erase(it);
        Decider::Outcome outcome;
        outcome.ok = how == 0;
        if (how == 1) outcome.failed = {1};
        const auto again = decider_->ended(id, outcome, now_);
        promise(!again || *again >= now_);
    }

    // Of changed rules what waited is dropped, and they are offered what holds.
    void reload(bool change) {
        if (change) change_rule();
        decider_->reload(book(), now_);
    }
    void change_rule() {
        settings_.rules[0].cooldown += Millis{1};
        const auto& name = settings_.rules[0].name.text;
        std::erase_if(starts_, [&](const auto& start) { return start.first.first == name; });
        std::erase_if(ran_, [&](const auto& ran) { return std::get<0>(ran) == name; });
        changed_ = step_;
    }

    void fired(const Firing& f) {
        const auto& settings = f.rule->settings;
        const Place place{settings.name.text, device_of(f.event)};
        promise(open_.emplace(place, f.id).second);
        promise(!f.steps.empty() && f.steps.size() <= 2);
        promise(f.attempt >= 1 && f.attempt <= (settings.retry ? settings.retry->attempts : 1));
        promise(f.reminder > 0 || ran_.insert({place.first, f.event.id, f.attempt}).second);
        last_[place] = step_;
        auto& starts = starts_[place];
        starts.push_back(now_);
        const auto& most = settings.max_runs;
        if (most.count && starts.size() > most.count)
            promise(now_ - starts[starts.size() - 1 - most.count] >= most.per);
    }

    // Every run ends well, and time goes on, until nothing waits.
    void come_to_rest() {
        for (int i = 0; i < 1000 && !decider_->idle(); ++i) {
            ++step_;
            while (!open_.empty()) end_one(0);
            if (decider_->idle()) break;
            promise(decider_->due().has_value() && *decider_->due() > now_);
            now_ = *decider_->due();
            decider_->advance(now_);
        }
        promise(decider_->idle());
        for (const auto& [condition, held] : holds_)
            for (const auto& r : settings_.rules) {
                const auto& [device, type, part] = condition;
                const auto named = [&type = type](const Spelled& word) { return word.text == type; };
                const bool wanted = std::any_of(r.on.begin(), r.on.end(), named);
                if (!wanted) continue;
                const auto since = r.name.text == "r0" ? std::max(held.second, changed_) : held.second;
                const auto last = last_.find({r.name.text, device});
                promise(last != last_.end() && last->second >= since);
            }
    }

    Bytes bytes_;
    Catalogue catalogue_;
    Settings settings_;
    std::unique_ptr<Decider> decider_;
    Time now_ = Time{std::chrono::hours{1}};
    unsigned step_ = 0, events_ = 0, changed_ = 0;
    std::map<Condition, std::pair<Event, unsigned>> holds_; // and the step it was raised in
    std::map<Place, std::uint64_t> open_;
    std::map<Place, std::vector<Time>> starts_;
    std::map<Place, unsigned> last_; // the step of the last firing
    std::set<Place> suspended_;
    std::map<std::pair<std::string, std::string>, Remembered> rows_;    // by kind and key
    std::set<std::tuple<std::string, std::string, std::uint32_t>> ran_; // rule, event, attempt
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Play{Bytes{data, size}}.run();
    return 0;
}
