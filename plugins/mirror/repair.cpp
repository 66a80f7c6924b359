// SPDX-License-Identifier: Apache-2.0
#include "repair.hpp"

#include <algorithm>
#include <dmevent/lvm.hpp>
#include <string>

#include "events.hpp"
#include "status.hpp"

namespace mirror {
namespace {

using namespace dmevent;

// The volume that is repaired: a log or a leg that is a mirror itself belongs to the one before its tail.
std::string_view volume(std::string_view lv) {
    return lv.substr(0, std::min(lv.find("_mlog"), lv.find("_mimage")));
}

} // namespace

bool plan_repair(const Event& event, const Args& args, Plan& plan) {
    const auto& device = *event.target->device;
    const auto lv = volume(view(device.lv));
    const auto policy = args.text("policy");
    if (!lvm::made(device) || !lvm::is_name(lv)) return plan.refuse("LVM did not make this mirror");
    if (lv.starts_with("pvmove"))
        return plan.refuse("it is a pvmove under way: pvmove --abort ends it, and loses nothing");
    if (!policy.empty() && policy != "remove" && policy != "allocate")
        return plan.refuse("policy is \"remove\" or \"allocate\", or is left out");
    const auto now = Status::parse(view(event.target->status));
    if (!now) return plan.refuse("its status is not understood");
    if (!now->broken() && now->log_good()) return plan.refuse("neither a leg nor the log has failed now");
    if (now->lost())
        return plan.refuse("no leg is good: bring the devices back, then deactivate and activate it");

    const auto config = "activation/mirror_image_fault_policy=\"" + std::string{policy} + "\"";
    if (policy.empty())
        lvm::run(plan, device, lv, {"lvconvert", "--yes", "--repair", "--use-policies"});
    else
        lvm::run(plan, device, lv, {"lvconvert", "--yes", "--repair", "--use-policies", "--config", config});
    // The table that LVM loads forgets errors and lets held writes go on; without another leg it is no
    // mirror.
    for (const auto type : {Tables::leg_failed, Tables::leg_sync_failed, Tables::log_failed})
        plan.until_ended(type);
    return true;
}

} // namespace mirror
