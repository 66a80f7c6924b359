// SPDX-License-Identifier: Apache-2.0
// dmeventd's protocol: two FIFOs, one to it and one from it; the clients take turns by a lock on the latter.
// A frame is a command or status and a length, both big-endian, and so many bytes of text, which begins with
// the asker's own mark, so that an answer to somebody who left is known for what it is.
#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "action/manager_talk.hpp"
#include "base/fd.hpp"

namespace dmev::manager {
namespace {

constexpr std::uint32_t get_registered_device = 4;
constexpr std::uint32_t longest_answer = 64 * 1024; // it names one device

struct Frame {
    std::uint32_t command; // or status
    std::uint32_t length;
};

Fd open_fifo(const std::string& path, int flags) {
    Fd fd{open(path.c_str(), flags | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW)};
    struct stat info {};
    if (fd && (fstat(fd.get(), &info) < 0 || !S_ISFIFO(info.st_mode))) {
        fd.reset();
        errno = ENOENT; // where something else lies, nobody listens
    }
    return fd;
}

// Another client's whole exchange may take its time.
bool lock(int fd, const Deadline& deadline) {
    constexpr int pause_ms = 10; // a lock cannot be polled for
    while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
        if (errno != EWOULDBLOCK && errno != EINTR) return false;
        if (deadline.over()) return false;
        poll(nullptr, 0, std::min(pause_ms, deadline.remaining_ms()));
    }
    return true;
}

// Takes away what was meant for a client that did not wait for it.
void drain(int fd) {
    char buffer[4096];
    while (read(fd, buffer, sizeof buffer) > 0) {
    }
}

std::string request(std::string_view mark, std::string_view uuid) {
    auto text = std::string{mark} + " - " + std::string{uuid} + " 0 0";
    text += '\0';
    const Frame frame{htonl(get_registered_device), htonl(static_cast<std::uint32_t>(text.size()))};
    std::string out(reinterpret_cast<const char*>(&frame), sizeof frame);
    return out + text;
}

struct Answer {
    std::int32_t status;
    std::string text;
};

std::optional<Answer> read_answer(int fd, const Deadline& deadline) {
    const auto head = read_exactly(fd, sizeof(Frame), deadline);
    if (!head) return std::nullopt;
    Frame frame;
    std::memcpy(&frame, head->data(), sizeof frame);
    const auto length = ntohl(frame.length);
    if (length > longest_answer) return std::nullopt;
    auto text = read_exactly(fd, length, deadline);
    if (!text) return std::nullopt;
    while (!text->empty() && text->back() == '\0') text->pop_back();
    return Answer{static_cast<std::int32_t>(ntohl(frame.command)), *std::move(text)};
}

// TEXT: "MARK DSO UUID MASK". No bit in the mask: it has just been let go.
Managed understood(std::string_view text, std::string_view uuid) {
    for (int word = 0; word < 2; ++word) {
        const auto blank = text.find(' ');
        if (blank == text.npos) return Managed::unknown;
        text.remove_prefix(blank + 1);
    }
    if (!text.starts_with(uuid) || !text.substr(uuid.size()).starts_with(' ')) return Managed::unknown;
    const auto mask = text.substr(uuid.size() + 1);
    if (mask.empty() || mask.find_first_not_of("0123456789") != mask.npos) return Managed::unknown;
    return mask.find_first_not_of('0') == mask.npos ? Managed::no : Managed::yes;
}

// Words are separated by blanks, "-" is an empty one, and it is LVM that registers: a uuid that cannot be
// written so is none of its.
bool can_be_registered(std::string_view uuid) {
    constexpr std::size_t longest_uuid = 128; // DM_UUID_LEN, less its end
    return !uuid.empty() && uuid != "-" && uuid.size() <= longest_uuid &&
           std::all_of(uuid.begin(), uuid.end(), [](char c) { return c > ' ' && c < 0x7F; });
}

} // namespace

Managed ask_dmeventd(std::string_view uuid, const ManagerPlaces& places, const Deadline& deadline) {
    if (!can_be_registered(uuid)) return Managed::no;
    const auto not_there = [] { return errno == ENOENT || errno == ENXIO || errno == ENOTDIR; };
    const auto to = open_fifo(places.dmeventd_client, O_WRONLY); // ENXIO: nobody listens
    if (!to) return not_there() ? Managed::no : Managed::unknown;
    const auto from = open_fifo(places.dmeventd_server, O_RDWR); // so that it does not end
    if (!from) return not_there() ? Managed::no : Managed::unknown;
    if (!lock(from.get(), deadline)) return Managed::unknown;
    drain(from.get());

    const auto serial = std::chrono::steady_clock::now().time_since_epoch().count() & 0x3fffffff;
    const auto mark = std::to_string(getpid()) + ":" + std::to_string(serial);
    if (!write_all(to.get(), request(mark, uuid), deadline)) return Managed::unknown;
    for (;;) {
        const auto answer = read_answer(from.get(), deadline);
        if (!answer) return Managed::unknown;
        if (answer->text != mark && !answer->text.starts_with(mark + " ")) continue; // somebody else's
        if (answer->status == -ENOENT) return Managed::no;
        return answer->status == 0 ? understood(answer->text, uuid) : Managed::unknown;
    }
}

} // namespace dmev::manager
