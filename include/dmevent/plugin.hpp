// SPDX-License-Identifier: Apache-2.0
// C++ over plugin.h: header only, no state, nothing of it crosses the boundary.
#pragma once
#include <algorithm>
#include <concepts>
#include <exception>
#include <initializer_list>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "plugin.h"

namespace dmevent {

using Target = dmevent_target;
using Event = dmevent_event;
enum class Truth { no = DMEVENT_NO, yes = DMEVENT_YES, same = DMEVENT_SAME, lapsed = DMEVENT_LAPSED };

constexpr std::string_view view(dmevent_str s) { return {s.data, s.size}; }
constexpr dmevent_str str(std::string_view s) { return {s.data(), s.size()}; }

// A typed value with its name, implicit from what authors have at hand.
struct Field : dmevent_field {
    template <class T>
    constexpr Field(std::string_view field_name, const T& value) : dmevent_field{str(field_name), 0, 0, {}} {
        if constexpr (std::same_as<T, bool>) {
            kind = DMEVENT_BOOL;
            v.u = value;
        } else if constexpr (std::unsigned_integral<T>) {
            kind = DMEVENT_UINT;
            v.u = value;
        } else if constexpr (std::signed_integral<T>) {
            kind = DMEVENT_INT;
            v.i = value;
        } else if constexpr (std::floating_point<T>) {
            kind = DMEVENT_REAL;
            v.real = value;
        } else if constexpr (std::convertible_to<T, std::span<const dmevent_field>>) {
            const std::span<const dmevent_field> list = value;
            kind = DMEVENT_LIST;
            count = static_cast<uint32_t>(list.size());
            v.items = list.data();
        } else {
            kind = DMEVENT_TEXT;
            v.text = str(value);
        }
    }
};
static_assert(sizeof(Field) == sizeof(dmevent_field));
using Fields = std::initializer_list<Field>;

// Percent with two decimals, as events show it. 0 of 0 is 0.
constexpr double percent(uint64_t used, uint64_t total) {
    if (total == 0) return 0;
    const double hundredths = 10000.0 * static_cast<double>(used) / static_cast<double>(total);
    return static_cast<double>(static_cast<uint64_t>(hundredths + 0.5)) / 100.0;
}

// The plugin's voice for one call.
class Say {
 public:
    explicit Say(const dmevent_say* say) : say_(say) {}
    template <class T>
    void field(std::string_view name, const T& value) {
        const Field f{name, value};
        say_->field(say_, &f);
    }
    void condition(uint32_t type, Truth is, std::string_view key = {}, Fields more = {}) {
        say_->condition(say_, type, str(key), static_cast<dmevent_truth>(is), more.begin(), more.size());
    }
    void condition(uint32_t type, bool is, std::string_view key = {}, Fields more = {}) {
        condition(type, is ? Truth::yes : Truth::no, key, more);
    }
    void happened(uint32_t type, std::string_view key = {}, Fields more = {}) {
        say_->happened(say_, type, str(key), more.begin(), more.size());
    }
    void gauge(uint32_t gauge, uint64_t used, uint64_t total) { say_->gauge(say_, gauge, used, total); }
    void read_within(uint32_t ms) { say_->read_within(say_, ms); }
    // The reason why the text is not understood; returns false, so that `return say.unknown("...")` reads
    // well.
    bool unknown(std::string_view why) {
        say_->because(say_, str(why));
        return false;
    }

 private:
    const dmevent_say* say_;
};

// What a rule gives a hook. The host has seen to the kinds, and to what is required.
class Args {
 public:
    explicit Args(std::span<const dmevent_field> fields) : fields_(fields) {}
    std::optional<uint64_t> number(std::string_view name) const {
        const auto* f = find(name);
        if (!f || (f->kind != DMEVENT_UINT && f->kind != DMEVENT_INT)) return std::nullopt;
        if (f->kind == DMEVENT_INT && f->v.i < 0) return std::nullopt;
        return f->v.u;
    }
    // Empty when it is not given.
    std::string_view text(std::string_view name) const {
        const auto* f = find(name);
        return f && f->kind == DMEVENT_TEXT ? view(f->v.text) : std::string_view{};
    }

 private:
    const dmevent_field* find(std::string_view name) const {
        for (const auto& field : fields_)
            if (view(field.name) == name) return &field;
        return nullptr;
    }
    std::span<const dmevent_field> fields_;
};

// What a hook wants to be run.
class Plan {
 public:
    explicit Plan(const dmevent_plan* plan) : plan_(plan) {}
    void run(std::initializer_list<std::string_view> argv) {
        for (auto a : argv) plan_->arg(plan_, str(a));
    }
    void env(std::string_view name, std::string_view value) { plan_->env(plan_, str(name), str(value)); }
    bool refuse(std::string_view why) {
        plan_->because(plan_, str(why));
        return false;
    }
    void lock(std::string_view key) { plan_->lock(plan_, str(key)); }
    void uninterruptible() { plan_->uninterruptible(plan_); }
    void unless_managed_by(std::string_view who, std::initializer_list<std::string_view> instead = {}) {
        plan_->unless_managed_by(plan_, str(who));
        run(instead);
    }
    void until_ended(uint32_t type, std::string_view key = {}) { plan_->until_ended(plan_, type, str(key)); }
    void until_grown(uint32_t gauge) { plan_->until_grown(plan_, gauge); }
    template <class T>
    void until_field(std::string_view name, const T& value) {
        const Field f{name, value};
        plan_->until_field(plan_, &f);
    }

 private:
    const dmevent_plan* plan_;
};

class Uevent {
 public:
    explicit Uevent(std::span<const dmevent_var> vars) : vars_(vars) {}
    std::string_view operator[](std::string_view name) const {
        for (const auto& var : vars_)
            if (view(var.name) == name) return view(var.value);
        return {};
    }

 private:
    std::span<const dmevent_var> vars_;
};

// The words of a status or table line, separated by blanks. Asking beyond the end gives empty words and
// clears ok(); numbers that overflow or have a tail clear it too. So a parser reads on and asks once.
class Words {
 public:
    explicit Words(dmevent_str line) : rest_(view(line)) {}
    explicit Words(std::string_view line) : rest_(line) {}
    bool more() const { return rest_.find_first_not_of(' ') != std::string_view::npos; }
    std::string_view word() {
        // Words are short: byte by byte is quicker than any search.
        const char *begin = rest_.data(), *const end = begin + rest_.size();
        while (begin != end && *begin == ' ') ++begin;
        const char* after = begin;
        while (after != end && *after != ' ') ++after;
        rest_ = {after, static_cast<size_t>(end - after)};
        ok_ &= after != begin;
        return {begin, static_cast<size_t>(after - begin)};
    }
    void skip(uint64_t n) {
        while (n-- > 0 && ok_) word();
    }
    uint64_t number() { return to_number(word()); }
    // "784/1024"
    std::pair<uint64_t, uint64_t> ratio() {
        const auto w = word();
        size_t slash = 0; // short as words are: find would take longer
        while (slash != w.size() && w[slash] != '/') ++slash;
        const auto first = to_number(w.substr(0, slash));
        return {first, to_number(w.substr(std::min(slash + 1, w.size())))};
    }
    bool ok() const { return ok_; }

 private:
    uint64_t to_number(std::string_view w) { // not from_chars: its table pins the library (STB_GNU_UNIQUE)
        uint64_t n = 0;
        bool is = !w.empty();
        for (const char c : w) {
            const auto digit = static_cast<uint64_t>(c - '0');
            is = is && digit <= 9 && !__builtin_mul_overflow(n, uint64_t{10}, &n) &&
                 !__builtin_add_overflow(n, digit, &n);
        }
        ok_ &= is;
        return ok_ ? n : 0;
    }
    std::string_view rest_;
    bool ok_ = true;
};

// Turns `struct P { static bool look(...); [static bool uevent(...);] [static bool plan(...);] }` with
// constexpr tables (name, version, claims, types, [gauges], [hooks]) into the exported constant.
// plan(hook, event, args, plan) returns true when the plan stands, or plan.refuse("why").
// Exceptions end here.
template <class P>
struct Bridge {
    template <class Port, class F>
    static dmevent_result guarded(const Port* port, dmevent_result otherwise, F&& f) noexcept try {
        return f() ? DMEVENT_OK : otherwise;
    } catch (const std::exception& e) {
        port->because(port, str(e.what()));
        return DMEVENT_FAULT;
    } catch (...) {
        port->because(port, str("exception of unknown type"));
        return DMEVENT_FAULT;
    }
    static dmevent_result look(const Target* before, const Target* now, const dmevent_say* say) {
        return guarded(say, DMEVENT_UNKNOWN, [&] {
            Say s{say};
            return P::look(before, *now, s);
        });
    }
    static dmevent_result uevent(const Target* last, const dmevent_var* vars, size_t n,
                                 const dmevent_say* say) {
        return guarded(say, DMEVENT_UNKNOWN, [&] {
            Say s{say};
            return P::uevent(*last, Uevent{{vars, n}}, s);
        });
    }
    static dmevent_result plan(uint32_t hook, const Event* event, const dmevent_field* args, size_t n,
                               const dmevent_plan* plan) {
        return guarded(plan, DMEVENT_REFUSED, [&] {
            Plan p{plan};
            return P::plan(hook, *event, Args{{args, n}}, p);
        });
    }
    static constexpr dmevent_plugin entry() {
        dmevent_plugin e{};
        e.abi = DMEVENT_ABI;
        e.size = sizeof e;
        e.claim_size = sizeof(dmevent_claim);
        e.type_size = sizeof(dmevent_type);
        e.gauge_size = sizeof(dmevent_gauge);
        e.hook_size = sizeof(dmevent_hook);
        e.param_size = sizeof(dmevent_param);
        e.name = P::name;
        e.version = P::version;
        e.claims = std::data(P::claims);
        e.n_claims = std::size(P::claims);
        e.types = std::data(P::types);
        e.n_types = std::size(P::types);
        if constexpr (requires { P::gauges; }) {
            e.gauges = std::data(P::gauges);
            e.n_gauges = std::size(P::gauges);
        }
        if constexpr (requires { P::hooks; }) {
            e.hooks = std::data(P::hooks);
            e.n_hooks = std::size(P::hooks);
        }
        e.look = look;
        if constexpr (requires { &P::uevent; }) e.uevent = uevent;
        if constexpr (requires { &P::plan; }) e.plan = plan;
        return e;
    }
};

} // namespace dmevent

#define DMEVENT_PLUGIN(P)                                                           \
    extern "C" DMEVENT_EXPORT constinit const dmevent_plugin dmevent_plugin_entry = \
        dmevent::Bridge<P>::entry()
