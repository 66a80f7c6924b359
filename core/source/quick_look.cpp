// SPDX-License-Identifier: Apache-2.0
#include "source/quick_look.hpp"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace dmev {
namespace {

constexpr std::size_t first_answer = 1024; // bytes

// A name or text of the kernel's, which ends before LIMIT at the latest.
std::string text(const char* begin, const char* limit) { return {begin, std::find(begin, limit, '\0')}; }

} // namespace

QuickLook::QuickLook(const ReaderSetup& setup)
    : setup_(setup),
      control_{open("/dev/" DM_DIR "/" DM_CONTROL_NODE, O_RDWR | O_CLOEXEC)},
      calls_(first_answer) {}

Look QuickLook::look(LookAt what, DevNum number) {
    Look result;
    auto& device = result.device;
    // A status must not write metadata.
    const std::uint32_t flags = DM_NOFLUSH_FLAG | DM_SKIP_BDGET_FLAG;
    const std::uint32_t table = what == LookAt::table ? DM_STATUS_TABLE_FLAG : 0;
    if (!calls_.ask(control_.get(), DM_TABLE_STATUS, number, flags | table)) {
        result.error = errno;
        return result;
    }
    const auto* io = &calls_.head();
    device.id = {text(io->name, io->name + sizeof io->name), text(io->uuid, io->uuid + sizeof io->uuid),
                 number, std::nullopt};
    device.event_nr = io->event_nr;
    device.suspended = (io->flags & DM_SUSPEND_FLAG) != 0;
    device.internal_suspend = (io->flags & DM_INTERNAL_SUSPEND_FLAG) != 0;
    device.read_only = (io->flags & DM_READONLY_FLAG) != 0;
    device.deferred_remove = (io->flags & DM_DEFERRED_REMOVE) != 0;
    device.inactive_table = (io->flags & DM_INACTIVE_PRESENT_FLAG) != 0;

    const auto data = calls_.data();
    const char* const end = data.data() + data.size();
    for (std::size_t n = 0, at = 0; n < io->target_count; ++n) {
        dm_target_spec spec;
        if (at > data.size() || data.size() - at < sizeof spec) {
            result.error = EBADMSG;
            return result;
        }
        std::memcpy(&spec, data.data() + at, sizeof spec);
        device.targets.push_back({spec.sector_start, spec.length,
                                  text(spec.target_type, spec.target_type + sizeof spec.target_type),
                                  std::nullopt, std::nullopt});
        auto& shown = result.texts.emplace_back();
        if (may_show(setup_, what, device.targets.back().type))
            shown = text(data.data() + at + sizeof spec, end);
        at = spec.next;
    }
    return result;
}

std::optional<ReadReply> QuickLook::read(const ReadRequest& request) {
    if (!request.known_table) return std::nullopt;
    auto status = look(LookAt::status, request.device);
    const auto& device = status.device;
    const auto secret = [](const TargetReading& target) { return is_secret(target.type); };
    if (status.error != 0 || device.suspended || device.internal_suspend || device.targets.empty() ||
        std::any_of(device.targets.begin(), device.targets.end(), secret))
        return std::nullopt;
    const auto table = look(LookAt::table, request.device);
    if (table.error != 0 || !same_device(status, table) || digest(table) != *request.known_table)
        return std::nullopt;

    ReadReply reply;
    reply.id = request.id;
    reply.outcome = ReadOutcome::reading;
    reply.leader = find_leader(setup_, table);
    reply.known_table = request.known_table;
    reply.reading = std::move(status.device);
    for (std::size_t i = 0; i < table.texts.size(); ++i) {
        reply.reading.targets[i].status = std::move(status.texts[i]);
        reply.reading.targets[i].table = table.texts[i];
    }
    return reply;
}

} // namespace dmev
