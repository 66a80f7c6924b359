// SPDX-License-Identifier: Apache-2.0
#include "repair.hpp"

#include <dmevent/lvm.hpp>

namespace raid {

using namespace dmevent;

bool plan_repair(const Status& now, bool is_failed, const Event& event, const Args& args, Plan& plan) {
    const auto& device = *event.target->device;
    const auto policy = args.text("policy");
    if (!lvm::made(device)) return plan.refuse("LVM did not make this array");
    if (!policy.empty() && policy != "allocate") return plan.refuse("policy is \"allocate\", or is left out");
    if (now.lost() == 0) return plan.refuse("no leg is lost now");
    if (is_failed)
        return plan.refuse("more legs are lost than it survives: bring the devices back, or restore it");

    // While a sync runs LVM may refuse, which passes: it is for LVM to say, and to be tried again.
    const auto lv = view(device.lv);
    if (policy.empty())
        lvm::run(plan, device, lv, {"lvconvert", "--yes", "--repair", "--use-policies"});
    else
        lvm::run(plan, device, lv,
                 {"lvconvert", "--yes", "--repair", "--use-policies", "--config",
                  "activation/raid_fault_policy=\"allocate\""});
    plan.until_field("lost_legs", std::uint64_t{0}); // they are rebuilt then, not yet in sync
    return true;
}

} // namespace raid
