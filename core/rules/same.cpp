// SPDX-License-Identifier: Apache-2.0
// Every setting that matters, as one text: what is not told apart here is not told apart anywhere.
#include "rules/same.hpp"

#include <fmt/format.h>

namespace dmev {
namespace {

class Description {
 public:
    explicit Description(const Rule& rule) {
        const auto& s = rule.settings;
        put(s.name);
        put(s.hold, s.cooldown, s.remind.how, s.remind.interval, s.max_runs.count, s.max_runs.per, s.enabled,
            s.dry_run);
        put(s.retry);
        put(s.on);
        put(rule.match);
        put(rule.steps);
    }
    std::string take() { return std::move(text_); }

 private:
    template <class... T>
    requires(sizeof...(T) > 1) void put(const T&... each) { (put(each), ...); }
    template <class T>
    requires(std::is_integral_v<T> || std::is_enum_v<T>) void put(T number) {
        text_ += std::to_string(static_cast<std::int64_t>(number)) + ",";
    }
    void put(Millis time) { put(time.count()); }
    // With its length, so that no two lists of texts look the same.
    void put(const std::string& text) { text_ += std::to_string(text.size()) + ":" + text; }
    void put(const Spelled& word) { put(word.text); }
    template <class T>
    void put(const std::optional<T>& maybe) {
        put(maybe.has_value());
        if (maybe) put(*maybe);
    }
    template <class T>
    void put(const std::vector<T>& all) {
        put(all.size());
        for (const auto& one : all) put(one);
    }
    template <class A, class B>
    void put(const std::pair<A, B>& both) {
        put(both.first);
        put(both.second);
    }
    void put(const RetrySettings& retry) { put(retry.attempts, retry.backoff.first, retry.backoff.longest); }
    void put(const Term& term) {
        put(term.key);
        put(term.any);
    }
    void put(const Term::Test& test) {
        put(test.op);
        put(test.text);
    }
    void put(const Value& value) {
        put(value.v.index());
        if (const auto* list = std::get_if<Value::List>(&value.v))
            put(*list);
        else
            put(value.text());
    }
    void put(const LogSettings& log) { put(log.level, log.message); }
    void put(const RunAs& who) {
        put(who.who);
        put(who.uid, who.gid);
        put(who.groups);
    }
    void put(const ActionSettings& action) {
        put(action.name);
        put(action.exec);
        put(action.log);
        put(action.systemd);
        put(action.timeout);
        put(action.run_as);
        put(action.env);
    }
    void put(const Step& step) {
        put(step.name, step.hook, step.even_if_managed);
        put(step.timeout);
        put(step.arguments);
        put(step.action);
    }

    std::string text_;
};

} // namespace

bool same_rule(const Rule& a, const Rule& b) { return Description{a}.take() == Description{b}.take(); }

std::string fingerprint(const Rule& rule) {
    std::uint64_t hash = 0xcbf29ce484222325; // FNV-1a: the same everywhere
    for (const char c : Description{rule}.take())
        hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    return fmt::format("{:016x}", hash);
}

} // namespace dmev
