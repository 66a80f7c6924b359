// SPDX-License-Identifier: Apache-2.0
#include "source/recording_written.hpp"

#include <bit>
#include <cstdint>
#include <cstring>
#include <limits>

namespace dmev::recording {
namespace {

// How many of the eight bytes at TEXT, from the first one on, a text has as they are: all but quotes,
// backslashes and control characters, and what is not ASCII, which somebody else has to see whether it is
// UTF-8. All eight at once; a byte after the first that stops may stop it wrongly.
std::size_t plain_of_eight(const char* text) {
    constexpr std::uint64_t kOnes = 0x0101010101010101, kHigh = 0x8080808080808080;
    std::uint64_t eight = 0;
    std::memcpy(&eight, text, sizeof eight);
    if constexpr (std::endian::native == std::endian::big) eight = __builtin_bswap64(eight);
    const auto below = [](std::uint64_t bytes, std::uint64_t limit) {
        return (bytes - kOnes * limit) & ~bytes;
    };
    const auto stops =
        below(eight ^ kOnes * '"', 1) | below(eight ^ kOnes * '\\', 1) | below(eight, 0x20) | eight;
    return static_cast<std::size_t>(std::countr_zero(stops & kHigh)) / 8;
}

// From left to right, without a look back; each step is true when it took what it is about. The 0 after the
// line is nothing that any of them takes.
class Reader {
 public:
    Reader(const char* line, Spare& spare) : at_(line), spare_(spare) {}

    bool line(Observation& into) {
        std::string_view time;
        if (!literal(R"({"v":1,"at":")") || !word(time) || !literal(R"(,"kind":")")) return false;
        const auto at = parse_utc(time);
        if (!at) return false;
        into.at = *at;
        if (literal(R"(device")")) return device(alternative(into, spare_.device, spare_.uevent));
        return literal(R"(uevent","env":{)") && variables(alternative(into, spare_.uevent, spare_.device));
    }

 private:
    // A T in INTO. What is there of the other kind is put aside, and what was there of this one taken back.
    template <class T, class Other>
    static T& alternative(Observation& into, T& spare, Other& other_spare) {
        if (auto* const has = std::get_if<T>(&into.what)) return *has;
        if (auto* const other = std::get_if<Other>(&into.what)) other_spare = std::move(*other);
        return into.what.emplace<T>(std::move(spare));
    }
    // The N-th element of LIST, which has that many or more.
    template <class T>
    static T& element(std::vector<T>& list, std::size_t n) {
        return n < list.size() ? list[n] : list.emplace_back();
    }

    template <std::size_t N>
    bool literal(const char (&text)[N]) {
        static_assert(N - 1 <= kBeyond);
        if (std::memcmp(at_, text, N - 1) != 0) return false;
        at_ += N - 1;
        return true;
    }
    // What follows an opening quote, and the closing one.
    bool word(std::string_view& out) {
        const char* end = at_;
        for (std::size_t more = sizeof(std::uint64_t); more == sizeof(std::uint64_t); end += more)
            more = plain_of_eight(end);
        out = {at_, static_cast<std::size_t>(end - at_)};
        at_ = end + 1;
        return *end == '"';
    }
    bool text(std::string& out) {
        std::string_view found;
        if (!word(found)) return false;
        out = found;
        return true;
    }
    bool optional_text(std::optional<std::string>& out) {
        if (literal("null")) return out.reset(), true;
        if (!out) out.emplace();
        return literal("\"") && text(*out);
    }
    template <class T>
    bool number(T& out) {
        const char* end = at_;
        std::uint64_t value = 0;
        for (; *end >= '0' && *end <= '9'; ++end) value = value * 10 + static_cast<std::uint64_t>(*end - '0');
        const auto digits = end - at_;
        // Any 19 digits fit.
        if (digits == 0 || digits > 19 || (*at_ == '0' && digits > 1)) return false;
        if (value > std::numeric_limits<T>::max()) return false;
        out = static_cast<T>(value);
        at_ = end;
        return true;
    }
    bool flag(bool& out) { return (out = literal("true")) || literal("false"); }
    bool end() const { return *at_ == 0; }

    bool why(Why& out) {
        out = Why::unsaid;
        if (!literal(R"(,"why":")")) return true;
        std::string_view name;
        const auto known = word(name) ? parse_why(name) : std::nullopt;
        if (known) out = *known;
        return known.has_value();
    }
    bool diskseq(DeviceId& id) {
        id.diskseq.reset();
        return !literal(R"(,"diskseq":)") || number(id.diskseq.emplace());
    }
    bool target(TargetReading& t) {
        return literal(R"({"start":)") && number(t.start) && literal(R"(,"length":)") && number(t.length) &&
               literal(R"(,"type":")") && text(t.type) && literal(R"(,"table":)") && optional_text(t.table) &&
               literal(R"(,"status":)") && optional_text(t.status) && literal("}");
    }
    bool targets(std::vector<TargetReading>& out) {
        if (!literal(R"(,"targets":[)")) return false;
        std::size_t n = 0;
        if (!literal("]}")) {
            do
                if (!target(element(out, n++))) return false;
            while (literal(","));
            if (!literal("]}")) return false;
        }
        out.resize(n);
        return end();
    }
    bool device(DeviceReading& d) {
        if (!why(d.why) || !literal(R"(,"name":")") || !text(d.id.name) || !literal(R"(,"uuid":")") ||
            !text(d.id.uuid) || !literal(R"(,"major":)") || !number(d.id.number.major) ||
            !literal(R"(,"minor":)") || !number(d.id.number.minor) || !diskseq(d.id) ||
            !literal(R"(,"event_nr":)") || !number(d.event_nr) || !literal(R"(,"suspended":)") ||
            !flag(d.suspended) || !literal(R"(,"read_only":)") || !flag(d.read_only))
            return false;
        d.internal_suspend = literal(R"(,"internal_suspend":true)");
        d.deferred_remove = literal(R"(,"deferred_remove":true)");
        d.inactive_table = literal(R"(,"inactive_table":true)");
        return targets(d.targets);
    }
    bool variables(UeventReading& u) {
        std::size_t n = 0;
        if (!literal("}}")) {
            do {
                auto& [name, value] = element(u.env, n++);
                if (!literal("\"") || !text(name) || !literal(":\"") || !text(value)) return false;
            } while (literal(","));
            if (!literal("}}")) return false;
        }
        u.env.resize(n);
        return end();
    }

    const char* at_;
    Spare& spare_;
};

} // namespace

bool read_as_written(const char* line, Observation& into, Spare& spare) {
    return Reader{line, spare}.line(into);
}

} // namespace dmev::recording
