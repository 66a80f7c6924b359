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
#include "source/quick_look.hpp"

namespace dmev {
namespace {

Look look(const ReaderSetup& setup, LookAt what, DevNum number) {
    Look result;
    const DmTask task{dm_task_create(what == LookAt::table ? DM_DEVICE_TABLE : DM_DEVICE_STATUS)};
    dm_info info{};
    // Secure: kernel and library wipe their buffers, of tables that may hold keys. No flush: a status must
    // not write metadata.
    if (!task || !dm_task_set_major(task.get(), static_cast<int>(number.major)) ||
        !dm_task_set_minor(task.get(), static_cast<int>(number.minor)) || !dm_task_no_flush(task.get()) ||
        !dm_task_no_open_count(task.get()) || (what == LookAt::table && !dm_task_secure_data(task.get()))) {
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
        if (may_show(setup, what, type))
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

bool wants_status(const ReaderSetup& setup, const Look& table) {
    return std::any_of(
        table.device.targets.begin(), table.device.targets.end(),
        [&](const TargetReading& target) { return may_show(setup, LookAt::status, target.type); });
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
    const auto before = look(setup, LookAt::table, request.device);
    if (before.error != 0) return stopped(before.error);
    reply.leader = find_leader(setup, before);

    if (!wants_status(setup, before)) {
        reply.reading = before.device;
    } else {
        if (request.group_unknown ? reply.leader.has_value() : reply.leader != request.leader) {
            reply.outcome = ReadOutcome::table;
            return reply;
        }
        const auto status = look(setup, LookAt::status, request.device);
        if (status.error != 0) return stopped(status.error);
        const auto after = look(setup, LookAt::table, request.device);
        if (after.error != 0) return stopped(after.error);
        if (!same_device(before, status) || !same_device(status, after) || before.texts != after.texts) {
            reply.outcome = ReadOutcome::torn;
            return reply;
        }
        reply.reading = status.device; // its event_nr was taken before its text
        for (std::size_t i = 0; i < status.texts.size(); ++i)
            reply.reading.targets[i].status = status.texts[i];
        reply.known_table = digest(after);
    }
    for (std::size_t i = 0; i < before.texts.size(); ++i) reply.reading.targets[i].table = before.texts[i];
    reply.reading.id.diskseq = diskseq;
    reply.outcome = file.read() == diskseq ? ReadOutcome::reading : ReadOutcome::torn;
    return reply;
}

namespace {

std::string answer(const ReaderSetup& setup, QuickLook& quick, const ReadRequest& request) {
    const auto known = quick.read(request);
    auto frame = encode(known ? *known : read_device(setup, request));
    if (frame.size() <= max_frame) return frame;
    ReadReply reply;
    reply.id = request.id;
    reply.reading.id.number = request.device;
    reply.error = EMSGSIZE;
    return encode(reply);
}

} // namespace

int reader_main(int socket) {
    // A reader that hangs outlives its dispatcher: whoever waits for the end of our standard error
    // (a pipe, a terminal) must not wait for it too.
    if (const Fd null{open("/dev/null", O_WRONLY | O_CLOEXEC)}) dup2(null.get(), STDERR_FILENO);
    prepare_devmapper();
    const auto first = read_frame(socket);
    const auto setup = first ? decode_setup(*first) : std::nullopt;
    if (!setup) return first ? 1 : 0;
    QuickLook quick{*setup};
    FrameBuffer requests;
    char bytes[4096];
    for (;;) {
        while (const auto frame = requests.next()) {
            const auto request = decode_request(*frame);
            if (!request) return 1;
            // At once, though more may be asked already: the next call may hang.
            if (!write_frame(socket, answer(*setup, quick, *request))) return 1;
        }
        const auto n = read(socket, bytes, sizeof bytes);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0 || requests.broken()) return n == 0 ? 0 : 1;
        requests.add({bytes, static_cast<std::size_t>(n)});
    }
}

} // namespace dmev
