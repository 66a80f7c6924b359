// SPDX-License-Identifier: Apache-2.0
#include "rules/same.hpp"

#include <algorithm>
#include <tuple>

namespace dmev {
namespace {

// Declared before the templates that call them.
bool same(const Term& a, const Term& b);
bool same(const LogSettings& a, const LogSettings& b);
bool same(const ActionSettings& a, const ActionSettings& b);
bool same(const Step& a, const Step& b);
bool same(const RetrySettings& a, const RetrySettings& b);

bool same(const Spelled& a, const Spelled& b) { return a.text == b.text; }
bool same(const std::pair<Spelled, Spelled>& a, const std::pair<Spelled, Spelled>& b) {
    return same(a.first, b.first) && same(a.second, b.second);
}
bool same(const Term::Test& a, const Term::Test& b) { return a.op == b.op && a.text == b.text; }

bool same(const Value& a, const Value& b) {
    const auto* left = std::get_if<Value::List>(&a.v);
    const auto* right = std::get_if<Value::List>(&b.v);
    if (!left || !right) return a.v.index() == b.v.index() && a.text() == b.text();
    return std::equal(left->begin(), left->end(), right->begin(), right->end(),
                      [](const Value& x, const Value& y) { return same(x, y); });
}
bool same(const Fields::value_type& a, const Fields::value_type& b) {
    return a.first == b.first && same(a.second, b.second);
}

template <class T>
bool same_all(const std::vector<T>& a, const std::vector<T>& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](const T& x, const T& y) { return same(x, y); });
}

template <class T>
bool same_maybe(const std::optional<T>& a, const std::optional<T>& b) {
    return a.has_value() == b.has_value() && (!a || same(*a, *b));
}

bool same(const Term& a, const Term& b) { return a.key == b.key && same_all(a.any, b.any); }

bool same(const LogSettings& a, const LogSettings& b) {
    return same(a.level, b.level) && same(a.message, b.message);
}

bool same(const ActionSettings& a, const ActionSettings& b) {
    const auto who = [](const RunAs& r) { return std::tie(r.who.text, r.uid, r.gid, r.groups); };
    return same(a.name, b.name) && same_all(a.exec, b.exec) && same_maybe(a.log, b.log) &&
           same_maybe(a.systemd, b.systemd) && a.timeout == b.timeout && who(a.run_as) == who(b.run_as) &&
           same_all(a.env, b.env);
}

bool same(const Step& a, const Step& b) {
    return std::tie(a.name, a.hook, a.even_if_managed, a.timeout) ==
               std::tie(b.name, b.hook, b.even_if_managed, b.timeout) &&
           same_all(a.arguments, b.arguments) && same(a.action, b.action);
}

bool same(const RetrySettings& a, const RetrySettings& b) {
    return a.attempts == b.attempts && a.backoff.first == b.backoff.first &&
           a.backoff.longest == b.backoff.longest;
}

} // namespace

bool same_rule(const Rule& a, const Rule& b) {
    const auto plain = [](const RuleSettings& s) {
        return std::tie(s.name.text, s.hold, s.cooldown, s.remind.how, s.remind.interval, s.max_runs.count,
                        s.max_runs.per, s.enabled, s.dry_run);
    };
    return plain(a.settings) == plain(b.settings) && same_maybe(a.settings.retry, b.settings.retry) &&
           same_all(a.settings.on, b.settings.on) && same_all(a.match, b.match) && same_all(a.steps, b.steps);
}

} // namespace dmev
