// SPDX-License-Identifier: Apache-2.0
#include "source/quick_look.hpp"

#include <fcntl.h>
#include <linux/dm-ioctl.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>

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
      buffer_(first_answer / sizeof buffer_[0]) {}

Look QuickLook::look(LookAt what, DevNum number) {
    Look result;
    auto& device = result.device;
    const auto* bytes = reinterpret_cast<const char*>(buffer_.data());
    auto* io = reinterpret_cast<dm_ioctl*>(buffer_.data());
    for (;;) {
        *io = {};
        io->version[0] = DM_VERSION_MAJOR;
        io->data_size = static_cast<std::uint32_t>(buffer_.size() * sizeof buffer_[0]);
        io->data_start = sizeof *io;
        io->dev = makedev(number.major, number.minor);
        // A status must not write metadata.
        io->flags = DM_NOFLUSH_FLAG | DM_SKIP_BDGET_FLAG;
        if (what == LookAt::table) io->flags |= DM_STATUS_TABLE_FLAG;
        if (ioctl(control_.get(), DM_TABLE_STATUS, io) != 0) {
            result.error = errno;
            return result;
        }
        if ((io->flags & DM_BUFFER_FULL_FLAG) == 0) break;
        buffer_.assign(2 * buffer_.size(), 0);
        bytes = reinterpret_cast<const char*>(buffer_.data());
        io = reinterpret_cast<dm_ioctl*>(buffer_.data());
    }
    device.id = {text(io->name, io->name + sizeof io->name), text(io->uuid, io->uuid + sizeof io->uuid),
                 number, std::nullopt};
    device.event_nr = io->event_nr;
    device.suspended = (io->flags & DM_SUSPEND_FLAG) != 0;
    device.internal_suspend = (io->flags & DM_INTERNAL_SUSPEND_FLAG) != 0;
    device.read_only = (io->flags & DM_READONLY_FLAG) != 0;
    device.deferred_remove = (io->flags & DM_DEFERRED_REMOVE) != 0;
    device.inactive_table = (io->flags & DM_INACTIVE_PRESENT_FLAG) != 0;

    const std::size_t base = io->data_start, size = std::min<std::size_t>(io->data_size, buffer_.size() * 8);
    for (std::size_t n = 0, at = base; n < io->target_count; ++n) {
        dm_target_spec spec;
        if (at + sizeof spec > size) {
            result.error = EBADMSG;
            return result;
        }
        std::memcpy(&spec, bytes + at, sizeof spec);
        device.targets.push_back({spec.sector_start, spec.length,
                                  text(spec.target_type, spec.target_type + sizeof spec.target_type),
                                  std::nullopt, std::nullopt});
        auto& shown = result.texts.emplace_back();
        if (may_show(setup_, what, device.targets.back().type))
            shown = text(bytes + at + sizeof spec, bytes + size);
        at = base + spec.next;
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
