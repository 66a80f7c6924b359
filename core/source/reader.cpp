// SPDX-License-Identifier: Apache-2.0
#include "source/reader.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "base/fd.hpp"
#include "source/devmapper.hpp"

namespace dmev {
namespace {

// What one call told: the device, and a text for each target that may be told.
struct Look {
    int error = 0;
    DeviceReading device;
    std::vector<std::optional<std::string>> texts;
};

const ReaderSetup::Claim* claim_of(const ReaderSetup& setup, std::string_view target) {
    const auto it = std::find_if(setup.claims.begin(), setup.claims.end(),
                                 [&](const auto& claim) { return claim.target == target; });
    return it == setup.claims.end() ? nullptr : &*it;
}

// Their tables hold keys.
bool is_secret(std::string_view target) { return target == "crypt" || target == "integrity"; }

bool may_show(const ReaderSetup& setup, int call, std::string_view target) {
    const auto* claim = claim_of(setup, target);
    if (call == DM_DEVICE_STATUS) return claim || setup.all_statuses;
    return claim && (claim->table || claim->served_by) && !is_secret(target);
}

// CALL is DM_DEVICE_TABLE or DM_DEVICE_STATUS.
Look look(const ReaderSetup& setup, int call, DevNum number) {
    Look result;
    const DmTask task{dm_task_create(call)};
    dm_info info{};
    // Secure: kernel and library wipe their buffers, of tables that may hold keys. No flush: a status must
    // not write metadata.
    if (!task || !dm_task_set_major(task.get(), static_cast<int>(number.major)) ||
        !dm_task_set_minor(task.get(), static_cast<int>(number.minor)) || !dm_task_no_flush(task.get()) ||
        !dm_task_no_open_count(task.get()) || (call == DM_DEVICE_TABLE && !dm_task_secure_data(task.get()))) {
        result.error = ENOMEM;
        return result;
    }
    if (!dm_task_run(task.get())) {
        const int error = dm_task_get_errno(task.get());
        result.error = error != 0 ? error : EIO;
        return result;
    }
    if (!dm_task_get_info(task.get(), &info) || !info.exists) {
        result.error = ENXIO;
        return result;
    }
    auto& device = result.device;
    const char *name = dm_task_get_name(task.get()), *uuid = dm_task_get_uuid(task.get());
    device.id = {name ? name : "", uuid ? uuid : "", number, std::nullopt};
    device.event_nr = info.event_nr;
    device.suspended = info.suspended;
    device.internal_suspend = info.internal_suspend;
    device.read_only = info.read_only;
    device.deferred_remove = info.deferred_remove;
    device.inactive_table = info.inactive_table;

    void* next = nullptr;
    do {
        std::uint64_t start = 0, length = 0;
        char *type = nullptr, *text = nullptr;
        next = dm_get_next_target(task.get(), next, &start, &length, &type, &text);
        if (!type) break;
        device.targets.push_back({start, length, type, std::nullopt, std::nullopt});
        if (may_show(setup, call, type))
            result.texts.emplace_back(text ? text : "");
        else
            result.texts.emplace_back();
    } while (next);
    return result;
}

// sysfs answers this from memory, whatever the device does. None without a table, and before Linux 5.15.
class Diskseq {
 public:
    Diskseq(const ReaderSetup& setup, DevNum number)
        : path_(setup.hide_diskseq ? "" : "/sys/dev/block/" + number.text() + "/diskseq") {}

    // Opening costs ten times what reading does. The file of a device that has left answers no more, also
    // when another one has its number.
    std::optional<std::uint64_t> read() {
        if (!file_ && !path_.empty()) file_ = Fd{open(path_.c_str(), O_RDONLY | O_CLOEXEC)};
        char text[32];
        const auto n = file_ ? pread(file_.get(), text, sizeof text, 0) : 0;
        std::uint64_t value = 0;
        if (n <= 0 || std::from_chars(text, text + n, value).ec != std::errc{}) return std::nullopt;
        return value;
    }

 private:
    std::string path_;
    Fd file_;
};

// Do two looks show one and the same device and table?
bool same_device(const Look& a, const Look& b) {
    const auto &x = a.device, &y = b.device;
    return x.id.name == y.id.name && x.id.uuid == y.id.uuid && x.suspended == y.suspended &&
           x.internal_suspend == y.internal_suspend && x.read_only == y.read_only &&
           std::equal(x.targets.begin(), x.targets.end(), y.targets.begin(), y.targets.end(),
                      [](const TargetReading& s, const TargetReading& t) {
                          return s.start == t.start && s.length == t.length && s.type == t.type;
                      });
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

bool wants_status(const ReaderSetup& setup, const Look& table) {
    return std::any_of(
        table.device.targets.begin(), table.device.targets.end(),
        [&](const TargetReading& target) { return may_show(setup, DM_DEVICE_STATUS, target.type); });
}

} // namespace

ReadReply read_device(const ReaderSetup& setup, const ReadRequest& request) {
    ReadReply reply;
    reply.id = request.id;
    reply.reading.id.number = request.device;
    const auto stopped = [&reply](int error) {
        reply.outcome = error == ENXIO ? ReadOutcome::gone : ReadOutcome::failed;
        reply.error = error;
        return reply;
    };
    Diskseq file{setup, request.device};
    const auto diskseq = file.read();
    const auto before = look(setup, DM_DEVICE_TABLE, request.device);
    if (before.error != 0) return stopped(before.error);
    reply.leader = find_leader(setup, before);

    if (!wants_status(setup, before)) {
        reply.reading = before.device;
    } else {
        if (request.table_only || reply.leader != request.leader) {
            reply.outcome = ReadOutcome::table;
            return reply;
        }
        const auto status = look(setup, DM_DEVICE_STATUS, request.device);
        if (status.error != 0) return stopped(status.error);
        const auto after = look(setup, DM_DEVICE_TABLE, request.device);
        if (after.error != 0) return stopped(after.error);
        if (!same_device(before, status) || !same_device(status, after) || before.texts != after.texts) {
            reply.outcome = ReadOutcome::torn;
            return reply;
        }
        reply.reading = status.device; // its event_nr was taken before its text
        for (std::size_t i = 0; i < status.texts.size(); ++i)
            reply.reading.targets[i].status = status.texts[i];
    }
    for (std::size_t i = 0; i < before.texts.size(); ++i) reply.reading.targets[i].table = before.texts[i];
    reply.reading.id.diskseq = diskseq;
    reply.outcome = file.read() == diskseq ? ReadOutcome::reading : ReadOutcome::torn;
    return reply;
}

int reader_main(int socket) {
    // A reader that hangs outlives its dispatcher: whoever waits for the end of our standard error
    // (a pipe, a terminal) must not wait for it too.
    if (const Fd null{open("/dev/null", O_WRONLY | O_CLOEXEC)}) dup2(null.get(), STDERR_FILENO);
    prepare_devmapper();
    const auto first = read_frame(socket);
    const auto setup = first ? decode_setup(*first) : std::nullopt;
    if (!setup) return first ? 1 : 0;
    while (const auto frame = read_frame(socket)) {
        const auto request = decode_request(*frame);
        if (!request) return 1;
        auto answer = encode(read_device(*setup, *request));
        if (answer.size() > max_frame) {
            ReadReply reply;
            reply.id = request->id;
            reply.reading.id.number = request->device;
            reply.error = EMSGSIZE;
            answer = encode(reply);
        }
        if (!write_frame(socket, answer)) return 1;
    }
    return 0;
}

} // namespace dmev
