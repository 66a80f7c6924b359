// SPDX-License-Identifier: Apache-2.0
#include <dmevent/plugin.hpp>
#include <string>

#include "events.hpp"
#include "queueing.hpp"
#include "status.hpp"

namespace multipath {
namespace {

using namespace dmevent;

// One sight of a map.
struct Map {
    Status status;
    std::vector<Path> paths;
    std::uint64_t valid = 0;
    std::optional<Table> table;

    static std::optional<Map> read(const Target& target) {
        auto status = Status::parse(view(target.status));
        if (!status) return std::nullopt;
        Map map{*std::move(status), {}, 0, Table::parse(view(target.table))};
        map.paths = map.status.paths();
        for (const auto& path : map.paths) map.valid += !path.failed;
        return map;
    }
};

// A reload resets every path to A and its count to 0 without a word. Only a count tells a path that was
// found good from one that nobody has tried yet.
Truth failed_now(const Path& path) {
    return path.failed ? Truth::yes : path.proven() ? Truth::no : Truth::lapsed;
}

// A good path that the map did not have before is no reset one.
Truth all_failed_now(const std::optional<Map>& old, const Map& map) {
    if (map.valid == 0) return Truth::yes;
    const auto is_good = [&old](const Path& p) {
        const auto had = [&p](const Path& q) { return q.device == p.device; };
        return p.proven() || (!p.failed && old && std::none_of(old->paths.begin(), old->paths.end(), had));
    };
    return std::any_of(map.paths.begin(), map.paths.end(), is_good) ? Truth::no : Truth::lapsed;
}

void say_table(const std::optional<Table>& table, Say& say) {
    if (table) say.field("queueing", table->queueing);
    if (table && !table->hw_handler.empty()) say.field("hw_handler", table->hw_handler);
}

std::string_view consequence(const std::optional<Table>& table) {
    if (!table) return "I/O waits or fails";
    return table->queueing ? "I/O waits until one returns" : "I/O fails";
}

void say_all_failed(Truth truth, const std::optional<Table>& table, Say& say) {
    if (truth == Truth::yes)
        say.condition(Tables::all_paths_failed, truth, {}, {{"consequence", consequence(table)}});
    else
        say.condition(Tables::all_paths_failed, truth);
}

// How often each path failed and came back between two sights. A count that went down is a new table's,
// and then none of them tells anything.
class Flaps {
 public:
    Flaps(const Map& old, const Map& map) : old_(old.paths) {
        for (const auto& path : map.paths)
            if (const auto* was = before(path); was && was->fail_count > path.fail_count) reloaded_ = true;
    }
    void say_of(const Path& path, Say& say) const {
        const auto* was = before(path);
        if (reloaded_ || !was || path.fail_count <= was->fail_count) return;
        // The failure that the condition itself shows is no flap.
        const auto flaps = path.fail_count - was->fail_count - (path.failed && !was->failed ? 1 : 0);
        if (flaps == 0) return;
        const auto told = [&](Tables::Type type) {
            say.happened(type, path.device, {{"path", path.device}, {"times", flaps}});
        };
        if (was->failed) told(Tables::path_reinstated);
        told(Tables::path_failed);
        if (!was->failed) told(Tables::path_reinstated);
    }

 private:
    const Path* before(const Path& path) const {
        const auto it = std::lower_bound(old_.begin(), old_.end(), path,
                                         [](const Path& a, const Path& b) { return a.device < b.device; });
        return it != old_.end() && it->device == path.device ? &*it : nullptr;
    }
    const std::vector<Path>& old_;
    bool reloaded_ = false;
};

// "+8:64 -8:32", and as lists.
void say_path_set(const Map& old, const Map& map, Say& say) {
    std::vector<dmevent_field> added, removed;
    std::string change;
    const auto note = [&](std::vector<dmevent_field>& list, char sign, std::string_view device) {
        list.push_back(Field{"", device});
        change += change.empty() ? "" : " ";
        (change += sign) += device;
    };
    auto was = old.paths.begin();
    for (auto is = map.paths.begin(); was != old.paths.end() || is != map.paths.end();) {
        if (was == old.paths.end() || (is != map.paths.end() && is->device < was->device))
            note(added, '+', (is++)->device);
        else if (is == map.paths.end() || was->device < is->device)
            note(removed, '-', (was++)->device);
        else
            ++was, ++is;
    }
    if (!change.empty())
        say.happened(Tables::paths_changed, {},
                     {{"added", added}, {"removed", removed}, {"change", std::string_view{change}}});
}

bool same_bypass(const Status& a, const Status& b) {
    return std::equal(a.groups.begin(), a.groups.end(), b.groups.begin(), b.groups.end(),
                      [](const Group& x, const Group& y) { return (x.state == 'D') == (y.state == 'D'); });
}

// Where the next I/O goes, while no group is in use. The number in front tells, if an order (switch_group)
// took the group away; but 1 stands for none as well: after a load, a group that was disabled or enabled, or
// I/O that found no path.
std::uint64_t ordered_group(const Status& old, const Status& now) {
    const auto to = now.next_group;
    if (to == 0 || to > now.groups.size()) return 0;
    const auto& paths = now.groups[to - 1].paths;
    const bool usable = std::any_of(paths.begin(), paths.end(), [](const Path& p) { return !p.failed; });
    return usable && (to > 1 || (!now.queue_io && same_bypass(old, now))) ? to : 0;
}

void say_switch(const Map& old, const Map& map, Say& say) {
    const auto from = old.status.group(), in_use = map.status.group();
    const auto to = in_use != 0 ? in_use : ordered_group(old.status, map.status);
    if (from != 0 && to != 0 && from != to && same_layout(old.status, map.status))
        say.happened(Tables::group_switched, {}, {{"from_group", from}, {"to_group", to}});
}

void say_changes(const Map& old, const Map& map, Say& say) {
    say_path_set(old, map, say);
    say_switch(old, map, say);
    if (old.table && map.table && old.table->queueing != map.table->queueing)
        say.happened(map.table->queueing ? Tables::queueing_on : Tables::queueing_off);
}

struct Multipath : Tables {
    static bool look(const Target* before, const Target& now, Say& say) {
        const auto map = Map::read(now);
        if (!map) return say.unknown("not a multipath map's status line");
        const auto old = before ? Map::read(*before) : std::nullopt;

        say.field("valid_paths", map->valid);
        say.field("paths_total", std::uint64_t{map->paths.size()});
        say.field("groups", std::uint64_t{map->status.groups.size()});
        if (const auto group = map->status.group()) say.field("group", group);
        say_table(map->table, say);

        const auto flaps = old ? std::optional<Flaps>{std::in_place, *old, *map} : std::nullopt;
        for (const auto& path : map->paths) {
            if (flaps) flaps->say_of(path, say);
            say.condition(path_failed, failed_now(path), path.device,
                          {{"path", path.device}, {"fail_count", path.fail_count}});
        }
        say_all_failed(all_failed_now(old, *map), map->table, say);
        bool troubled = map->valid != map->paths.size() || map->paths.empty();
        for (std::uint64_t i = 0; i < map->status.groups.size(); ++i) {
            const bool disabled = map->status.groups[i].state == 'D';
            say.condition(group_disabled, disabled, std::to_string(i + 1));
            troubled |= disabled;
        }
        if (old) say_changes(*old, *map, say);

        // No event tells of a switch of groups by I/O, of queueing turned on or off, nor of its time-out.
        // They come with failed paths; on a whole map only by order.
        say.read_within(troubled ? 10'000 : 30'000);
        return true;
    }

    static bool uevent(const Target& last, const Uevent& uevent, Say& say) {
        const auto action = uevent["DM_ACTION"];
        const bool is_failure = action == "PATH_FAILED";
        if (!is_failure && action != "PATH_REINSTATED") return true;
        if (uevent["DM_TARGET"] != "multipath") return say.unknown("a path uevent of another target");
        const auto path = uevent["DM_PATH"];
        if (!is_devnum(path)) return say.unknown("DM_PATH is not major:minor");
        Words count{uevent["DM_NR_VALID_PATHS"]};
        const auto valid = count.number();
        if (!count.ok() || count.more()) return say.unknown("DM_NR_VALID_PATHS is not a number");

        const auto table = Table::parse(view(last.table));
        say.field("path", path);
        say.field("valid_paths", valid);
        if (const auto status = Status::parse(view(last.status)))
            say.field("paths_total", std::uint64_t{status->paths().size()});
        say_table(table, say);
        say.condition(path_failed, is_failure, path, {{"path", path}});
        // A failure that leaves paths behind shows none of them to be good: after a reload they count as
        // valid until they are tried.
        const auto all = valid == 0 ? Truth::yes : is_failure ? Truth::lapsed : Truth::no;
        say_all_failed(all, table, say);
        return true;
    }

    static bool plan(std::uint32_t hook, const Event& event, const Args&, Plan& plan) {
        return plan_queueing(hook == queue_if_no_path, event, plan);
    }
};

} // namespace
} // namespace multipath

DMEVENT_PLUGIN(multipath::Multipath);
