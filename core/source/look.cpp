// SPDX-License-Identifier: Apache-2.0
#include "source/look.hpp"

#include <algorithm>

namespace dmev {
namespace {

// FNV-1a: nobody gains by two tables that look alike.
class Digest {
 public:
    void add(std::string_view bytes) {
        for (const char byte : bytes) add(static_cast<std::uint64_t>(static_cast<unsigned char>(byte)));
        add(bytes.size());
    }
    void add(std::uint64_t value) { value_ = (value_ ^ value) * 0x100000001b3; }
    std::uint64_t value() const { return value_; }

 private:
    std::uint64_t value_ = 0xcbf29ce484222325;
};

} // namespace

const ReaderSetup::Claim* claim_of(const ReaderSetup& setup, std::string_view target) {
    const auto it = std::find_if(setup.claims.begin(), setup.claims.end(),
                                 [&](const auto& claim) { return claim.target == target; });
    return it == setup.claims.end() ? nullptr : &*it;
}

bool is_secret(std::string_view target) { return target == "crypt" || target == "integrity"; }

bool may_show(const ReaderSetup& setup, LookAt what, std::string_view target) {
    const auto* claim = claim_of(setup, target);
    if (what == LookAt::status) return claim || setup.all_statuses;
    return claim && (claim->table || claim->served_by) && !is_secret(target);
}

bool same_device(const Look& a, const Look& b) {
    const auto &x = a.device, &y = b.device;
    return x.id.name == y.id.name && x.id.uuid == y.id.uuid && x.suspended == y.suspended &&
           x.internal_suspend == y.internal_suspend && x.read_only == y.read_only &&
           std::equal(x.targets.begin(), x.targets.end(), y.targets.begin(), y.targets.end(),
                      [](const TargetReading& s, const TargetReading& t) {
                          return s.start == t.start && s.length == t.length && s.type == t.type;
                      });
}

std::uint64_t digest(const Look& table) {
    Digest result;
    const auto& device = table.device;
    result.add(device.id.name);
    result.add(device.id.uuid);
    result.add(device.read_only ? 1 : 0);
    for (std::size_t i = 0; i < device.targets.size(); ++i) {
        const auto& target = device.targets[i];
        result.add(target.start);
        result.add(target.length);
        result.add(target.type);
        result.add(table.texts[i] ? 1 : 0);
        result.add(table.texts[i].value_or(""));
    }
    return result.value();
}

std::optional<DevNum> find_leader(const ReaderSetup& setup, const Look& table) {
    for (std::size_t i = 0; i < table.texts.size(); ++i) {
        const auto* claim = claim_of(setup, table.device.targets[i].type);
        if (!claim || !claim->served_by || !table.texts[i]) continue;
        const std::string_view text = *table.texts[i];
        if (const auto leader = parse_devnum(text.substr(0, text.find(' ')))) return leader;
    }
    return std::nullopt;
}

} // namespace dmev
