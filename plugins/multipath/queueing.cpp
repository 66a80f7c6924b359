// SPDX-License-Identifier: Apache-2.0
#include "queueing.hpp"

#include <algorithm>

#include "status.hpp"

namespace multipath {
namespace {

using namespace dmevent;

// multipathd makes one line of its arguments and splits it again: only what it cannot take for anything else
// is given to it.
bool is_plain(std::string_view name) {
    return !name.empty() && name.front() != '-' && std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
               c == '-' || c == '.' || c == ':' || c == '+' || c == '@';
    });
}

} // namespace

bool plan_queueing(bool on, const Event& event, Plan& plan) {
    const auto& target = *event.target;
    const auto name = view(target.device->name), uuid = view(target.device->uuid);
    const auto table = Table::parse(view(target.table));
    if (table && table->queueing == on)
        return plan.refuse(on ? "I/O waits without a path already" : "I/O fails without a path already");

    // Names and uuids are the kernel's own bytes, which dmsetup would otherwise take for its own spelling.
    plan.run({"/usr/sbin/dmsetup", "--manglename", "none", "message"});
    const std::string_view message = on ? "queue_if_no_path" : "fail_if_no_path";
    if (uuid.empty())
        plan.run({"--", name, "0", message});
    else
        plan.run({"--uuid", uuid, "--", "0", message});
    plan.uninterruptible();
    // multipathd would undo it at its next look at the paths.
    if (is_plain(name))
        plan.unless_managed_by(
            "multipathd", {"/usr/sbin/multipathd", on ? "restorequeueing" : "disablequeueing", "map", name});
    else
        plan.unless_managed_by("multipathd");
    plan.until_field("queueing", on);
    return true;
}

} // namespace multipath
